#include "shippers/file/file_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/clock.h"

namespace shippers {

using logging::ConsumeResult;
using logging::FrameView;
using logging::RingConsumer;
using logging::SinkHealth;
using logging::SinkInput;
using logging::Stream;

base::Result<std::unique_ptr<FileSink>> FileSink::make(
    const std::string& name, const logging::FileSinkConfig& config, const std::string& host,
    std::unique_ptr<base::FileSystem> files, FileRecordTable records, logging::SinkReport& report) {
  auto path = PathTemplate::parse(config.path);
  if (!path) {
    return base::with_context(fmt::format("sink {}: path", name), path.error());
  }
  return std::unique_ptr<FileSink>(new FileSink(name, config, host, *std::move(path),
                                                std::move(files), std::move(records), report));
}

FileSink::FileSink(const std::string& name, const logging::FileSinkConfig& config,
                   const std::string& host, PathTemplate path,
                   std::unique_ptr<base::FileSystem> files, FileRecordTable records,
                   logging::SinkReport& report)
    : name_(name),
      config_(config),
      host_(host),
      path_(std::move(path)),
      files_(std::move(files)),
      records_(std::move(records)),
      report_(report) {}

base::Result<FileSink::Target*> FileSink::find_target(const std::string& service, Stream stream) {
  const std::string path =
      std::filesystem::path(path_.path(service, stream, host_)).lexically_normal().string();
  std::unique_ptr<Target>& target = targets_[path];
  if (target == nullptr) {
    auto record = records_.claim(name_, path);
    if (!record) {
      targets_.erase(path);
      return tl::unexpected(record.error());
    }
    target = std::make_unique<Target>(*files_, **record, path, config_);
  }
  return target.get();
}

base::Result<void> FileSink::attach(const SinkInput& input) {
  Input attached;
  attached.consumer = input.consumer;
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    TRY_ASSIGN(attached.targets[static_cast<std::size_t>(stream)],
               find_target(input.service, stream));
  }
  Input& known = inputs_[input.consumer] = attached;
  const std::uint64_t now_ns = base::monotonic_ns();
  for (Target* target : known.targets) {
    FileWriter& writer = target->writer;
    base::Result<void> done;
    if (writer.is_pending() && writer.pending_ring() == input.consumer->ring_id()) {
      done = settle(*target);
    } else if (!writer.is_pending() && writer.is_rotating()) {
      done = writer.prepare(now_ns);
    }
    if (!done) {
      note_failure(*target, done.error(), now_ns);  // consume() tries again
    }
  }
  return {};
}

RingConsumer* FileSink::consumer_of(std::uint64_t ring_id) const {
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [ring_id](const auto& input) {
    return input.first->ring_id() == ring_id;
  });
  return found == inputs_.end() ? nullptr : found->first;
}

base::Result<void> FileSink::settle(Target& target) {
  return target.writer.settle(consumer_of(target.writer.pending_ring()));
}

ConsumeResult FileSink::consume(const SinkInput& input, std::uint64_t now_ns) {
  const auto found = inputs_.find(input.consumer);
  ASSERT(found != inputs_.end());
  ConsumeResult result;
  std::size_t budget = FileSinkLimits::kConsumeBytes;
  while (budget > 0) {
    const Step step = write_one_run(found->second, now_ns, budget);
    if (step == Step::kWait) {
      result.retry_at_ns = found->second.retry.again_at_ns();
      for (const Target* target : found->second.targets) {
        result.retry_at_ns = std::max(result.retry_at_ns, target->retry.again_at_ns());
      }
    }
    if (step != Step::kWrote) {
      break;
    }
    result.progressed = true;
  }
  return result;
}

/// False when a write that was begun earlier cannot be ended yet. Must come before the ring is
/// looked at: a lapping consumer may pass over frames then.
bool FileSink::settle_targets(Input& input, std::uint64_t now_ns) {
  for (Target* target : input.targets) {
    if (!target->writer.is_pending()) {
      continue;
    }
    if (target->retry.must_wait(now_ns)) {
      return false;
    }
    if (const auto settled = settle(*target); !settled) {
      note_failure(*target, settled.error(), now_ns);
      return false;
    }
    note_success(*target);
  }
  return true;
}

FileSink::Step FileSink::write_one_run(Input& input, std::uint64_t now_ns, std::size_t& budget) {
  if (input.retry.must_wait(now_ns) || !settle_targets(input, now_ns)) {
    return Step::kWait;
  }
  const auto frames = input.consumer->peek(
      std::max(std::min(input.peek_bytes, budget), FileSinkLimits::kPeekBytesMin));
  if (!frames) {
    input.retry.failed(now_ns);
    note_trouble(frames.error());
    return Step::kWait;
  }
  input.retry.worked();
  if (frames->empty()) {
    return Step::kNothing;
  }
  Target& target = *input.targets[static_cast<std::size_t>(frames->front().header.stream)];
  if (target.retry.must_wait(now_ns)) {
    return Step::kWait;
  }
  if (const auto written = write_run(target, input, *frames, now_ns); !written) {
    note_failure(target, written.error(), now_ns);
    return Step::kWait;
  }
  note_success(target);
  budget -= std::min<std::size_t>(budget, std::max<std::size_t>(run_.bytes, 1));
  // Many short runs (streams that alternate) make looking far ahead a waste.
  input.peek_bytes = run_.bytes * 4 < input.peek_bytes
                         ? std::max(input.peek_bytes / 2, FileSinkLimits::kPeekBytesMin)
                         : std::min(input.peek_bytes * 2, FileSinkLimits::kConsumeBytes);
  return Step::kWrote;
}

base::Result<void> FileSink::write_run(Target& target, Input& input,
                                       std::span<const FrameView> frames, std::uint64_t now_ns) {
  FileWriter& writer = target.writer;
  TRY(writer.prepare(now_ns));
  if (target.rotate_wanted && writer.open_line().state == LineState::kNone) {
    TRY(rotate_now(target, now_ns));
  }
  const std::uint64_t ring_id = input.consumer->ring_id();
  const logging::Cursor from = input.consumer->cursor();
  const bool one_stream = input.targets[0] != input.targets[1];
  if (plan_run(frames, ring_id, from, writer.open_line(), writer.room(now_ns), one_stream, run_) ==
      RunPlan::kRotateFirst) {
    TRY(rotate_now(target, now_ns));
    FileRoom room = writer.room(now_ns);
    room.fresh = true;
    const RunPlan plan =
        plan_run(frames, ring_id, from, writer.open_line(), room, one_stream, run_);
    ASSERT(plan == RunPlan::kWrite);
  }
  return writer.write(run_, *input.consumer);
}

/// Rotates if it can and opens the next file; only that the file cannot be opened is an error.
base::Result<void> FileSink::rotate_now(Target& target, std::uint64_t now_ns) {
  if (const auto rotated = target.writer.rotate(now_ns, base::realtime_ns()); !rotated) {
    note_trouble(rotated.error());
  }
  target.rotate_wanted = false;
  return target.writer.prepare(now_ns);
}

void FileSink::note_failure(Target& target, const base::Error& error, std::uint64_t now_ns) {
  target.retry.failed(now_ns);
  report_.failing(SinkHealth::kRetrying, error);
}

void FileSink::note_success(Target& target) {
  if (auto trouble = target.writer.take_trouble()) {
    note_trouble(*trouble);
  }
  target.retry.worked();
  const bool failing = std::any_of(targets_.begin(), targets_.end(), [](const auto& other) {
    return other.second->retry.is_failing();
  });
  if (!failing && report_.is_failing()) {
    report_.working();
  }
}

/// An error that stops nothing stays readable as the last one, but makes nobody give up lines.
void FileSink::note_trouble(const base::Error& error) {
  const bool was_failing = report_.is_failing();
  report_.failing(SinkHealth::kRetrying, error);
  if (!was_failing) {
    report_.working();
  }
}

void FileSink::reopen() {
  const std::uint64_t now_ns = base::monotonic_ns();
  for (auto& [path, target] : targets_) {
    target->writer.reopen();
    target->retry.worked();
    if (target->writer.is_pending()) {
      continue;  // consume() ends it first
    }
    if (const auto ready = target->writer.prepare(now_ns); !ready) {
      note_failure(*target, ready.error(), now_ns);
    }
  }
}

void FileSink::rotate() {
  const std::uint64_t now_ns = base::monotonic_ns();
  for (auto& [path, target] : targets_) {
    target->rotate_wanted = true;
    if (target->writer.is_pending()) {
      continue;  // consume() does it
    }
    auto ready = target->writer.prepare(now_ns);
    if (ready && target->writer.open_line().state == LineState::kNone) {
      ready = rotate_now(*target, now_ns);
    }
    if (!ready) {
      note_failure(*target, ready.error(), now_ns);
    }
  }
}

}  // namespace shippers
