#include "shippers/file/file_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/clock.h"
#include "shippers/file/file_maker.h"
#include "shippers/file/line_run.h"
#include "shippers/file/record_run_format.h"

namespace shippers {

using logging::ConsumeResult;
using logging::FrameView;
using logging::RingConsumer;
using logging::SinkHealth;
using logging::SinkInput;
using logging::Stream;

namespace {

/// Something has to be done though no line comes.
bool has_times(const logging::FileSinkConfig& config) {
  return config.rotate.interval || config.rotate.keep_age ||
         config.sync == logging::FileSync::kInterval;
}

}  // namespace

base::Result<std::unique_ptr<FileSink>> FileSink::make(Parts parts) {
  auto path = PathTemplate::parse_path(parts.config.path);
  if (!path) {
    return base::with_context(fmt::format("sink {}: path", parts.name), path.error());
  }
  const auto owner = find_owner(parts.config);
  if (!owner) {
    return base::with_context(fmt::format("sink {}", parts.name), owner.error());
  }
  return std::unique_ptr<FileSink>(new FileSink(std::move(parts), *std::move(path), *owner));
}

FileSink::FileSink(Parts parts, PathTemplate path, const base::FileOwner& owner)
    : name_(parts.name),
      config_(parts.config),
      host_(parts.host),
      path_(std::move(path)),
      owner_(owner),
      files_(std::move(parts.files)),
      records_(std::move(parts.records)),
      report_(parts.report),
      realtime_(std::move(parts.realtime)),
      pipeline_(std::move(parts.pipeline)),
      keeper_(parts.config.rotate, std::move(parts.background_files), parts.background,
              std::move(parts.wake)),
      date_ns_(realtime_()),
      dates_(path_.dates(date_ns_)) {}

base::Result<std::unique_ptr<RunFormat>> FileSink::make_format(const std::string& service) const {
  logging::Pipeline pipeline;
  if (pipeline_) {
    TRY_ASSIGN(pipeline, pipeline_(service));
  }
  if (is_of_records(config_.format) || !pipeline.steps().empty()) {
    return std::make_unique<RecordRunFormat>(
        std::move(pipeline),
        make_record_formatter(config_.format, config_.timestamp, host_, service, {}));
  }
  const bool bare = config_.format == logging::SinkFormat::kRaw &&
                    timestamp_of(config_.format, config_.timestamp) == logging::Timestamp::kNone;
  if (bare) {
    return std::make_unique<RawRun>();
  }
  return std::make_unique<LineRun>(LineHead(config_.format, config_.timestamp, service));
}

Moment FileSink::moment(std::uint64_t now_ns) const {
  return {.monotonic_ns = now_ns, .realtime_ns = realtime_()};
}

base::Result<FileSink::Target*> FileSink::find_target(const std::string& service, Stream stream) {
  const TemplateValues values{
      .service = service, .stream = stream, .host = host_, .realtime_ns = date_ns_};
  const auto normal = [](const std::string& text) {
    return std::filesystem::path(text).lexically_normal().string();
  };
  const std::string path = normal(path_.path(values));
  std::unique_ptr<Target>& target = targets_[path];
  if (target == nullptr) {
    auto record = records_.claim(name_, path);
    if (!record) {
      targets_.erase(path);
      return tl::unexpected(record.error());
    }
    const ArchiveNames names(path, normal(path_.path_shape(values)), config_.rotate.naming);
    archives_seen_ = false;
    target = std::make_unique<Target>(FileWriter::Common{*files_, config_, owner_, keeper_},
                                      **record, names);
  }
  return target.get();
}

base::Result<void> FileSink::find_targets(Input& input) {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    TRY_ASSIGN(input.targets[static_cast<std::size_t>(stream)], find_target(input.service, stream));
  }
  return {};
}

base::Result<void> FileSink::attach(const SinkInput& input) {
  Input attached;
  attached.consumer = input.consumer;
  attached.service = input.service;
  TRY_ASSIGN(attached.format, make_format(input.service));
  TRY(find_targets(attached));
  Input& known = inputs_[input.consumer] = std::move(attached);
  const Moment now = moment(base::monotonic_ns());
  for (Target* target : known.targets) {
    FileWriter& writer = target->writer;
    base::Result<void> done;
    if (writer.is_pending() && writer.pending_ring() == input.consumer->ring_id()) {
      done = settle(*target);
    } else if (!writer.is_pending() && writer.is_rotating()) {
      done = writer.prepare(now);
    }
    if (!done) {
      note_failure(*target, done.error(), now.monotonic_ns);  // consume() tries again
    }
  }
  return {};
}

FileSink::Input* FileSink::find_input(std::uint64_t ring_id) {
  const auto found = std::find_if(inputs_.begin(), inputs_.end(), [ring_id](const auto& input) {
    return input.first->ring_id() == ring_id;
  });
  return found == inputs_.end() ? nullptr : &found->second;
}

base::Result<void> FileSink::settle(Target& target) {
  const Input* input = find_input(target.writer.pending_ring());
  return input == nullptr ? target.writer.settle(nullptr, nullptr)
                          : target.writer.settle(input->consumer, input->format.get());
}

ConsumeResult FileSink::consume(const SinkInput& input, std::uint64_t now_ns) {
  const auto found = inputs_.find(input.consumer);
  ASSERT(found != inputs_.end());
  ConsumeResult result;
  std::size_t budget = FileSinkLimits::kConsumeBytes;
  while (budget > 0) {
    const Step step = write_one_run(found->second, input.poisoned, now_ns, budget);
    if (step == Step::kHeld) {
      result.look_again_ns = moment(now_ns).monotonic_at(run_.wait_until_ns);
    }
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
  return std::ranges::all_of(input.targets, [&](Target* target) {
    return !target->writer.is_pending() || settle_one(*target, now_ns);
  });
}

bool FileSink::settle_one(Target& target, std::uint64_t now_ns) {
  if (target.retry.must_wait(now_ns)) {
    return false;
  }
  if (const auto settled = settle(target); !settled) {
    note_failure(target, settled.error(), now_ns);
    return false;
  }
  note_success(target);
  return true;
}

FileSink::Step FileSink::write_one_run(Input& input, bool poisoned, std::uint64_t now_ns,
                                       std::size_t& budget) {
  if (input.retry.must_wait(now_ns) || !settle_strays(now_ns) || !settle_targets(input, now_ns)) {
    return Step::kWait;
  }
  const Moment now = moment(now_ns);
  follow_date(now);
  look_after_archives(now);
  const std::size_t least = std::max(FileSinkLimits::kPeekBytesMin, input.format->peek_bytes_min());
  const auto frames = input.consumer->peek(std::max(std::min(input.peek_bytes, budget), least));
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
  RunFormat& format = poisoned ? input.raw : *input.format;
  const auto taken = poisoned ? frames->first(1) : *frames;
  if (const auto written = write_run(target, input, taken, format, now); !written) {
    note_failure(target, written.error(), now_ns);
    return Step::kWait;
  }
  note_success(target);
  if (run_.wait_until_ns != 0) {
    return Step::kHeld;
  }
  budget -= std::min<std::size_t>(budget, std::max<std::size_t>(run_.bytes, 1));
  // Many short runs (streams that alternate) make looking far ahead a waste.
  input.peek_bytes = run_.bytes * 4 < input.peek_bytes
                         ? std::max(input.peek_bytes / 2, FileSinkLimits::kPeekBytesMin)
                         : std::min(input.peek_bytes * 2, FileSinkLimits::kConsumeBytes);
  return Step::kWrote;
}

base::Result<void> FileSink::write_run(Target& target, Input& input,
                                       std::span<const FrameView> frames, RunFormat& format,
                                       const Moment& now) {
  FileWriter& writer = target.writer;
  TRY(writer.prepare(now));
  if (is_rotation_due(target, now)) {
    TRY(rotate_now(target, now));
  }
  RunSource source{
      .frames = frames,
      .ring_id = input.consumer->ring_id(),
      .from = input.consumer->cursor(),
      .open = writer.open_line(),
      .one_stream = input.targets[0] != input.targets[1],
      .realtime_ns = ended_ ? logging::RecordRunLimits::kEndOfTimeNs : now.realtime_ns};
  if (format.plan(source, writer.room(now.monotonic_ns), run_) == RunPlan::kRotateFirst) {
    TRY(rotate_now(target, now));
    source.open = writer.open_line();
    FileRoom room = writer.room(now.monotonic_ns);
    room.fresh = true;
    const RunPlan plan = format.plan(source, room, run_);
    ASSERT(plan != RunPlan::kRotateFirst);
  }
  if (run_.wait_until_ns != 0) {
    return {};
  }
  if (run_.bytes == 0) {
    input.consumer->commit(run_.to, run_.dropped);
  } else {
    if (report_.tap().is_wanted()) {
      report_.tap().offer(run_.parts);
    }
    TRY(writer.write(run_, *input.consumer, now));
  }
  format.committed();
  return {};
}

/// Rotates if it can and opens the next file; only that the file cannot be opened is an error.
base::Result<void> FileSink::rotate_now(Target& target, const Moment& now) {
  if (const auto rotated = target.writer.rotate(now); !rotated) {
    note_trouble(rotated.error());
  }
  target.rotate_wanted = false;
  return target.writer.prepare(now);
}

/// Somebody asked for it, or its interval is over; a line must not be open.
bool FileSink::is_rotation_due(const Target& target, const Moment& now) const {
  const std::uint64_t due_ns = target.writer.rotation_due_ns();
  const bool is_time = due_ns != 0 && now.realtime_ns >= due_ns;
  return (target.rotate_wanted || is_time) && target.writer.open_line().state == LineState::kNone;
}

std::uint64_t FileSink::tend(std::uint64_t now_ns) {
  if (const auto trouble = keeper_.take_trouble()) {
    note_trouble(*trouble);
  }
  if (!has_times(config_)) {
    return 0;
  }
  const Moment now = moment(now_ns);
  std::uint64_t next_ns = UINT64_MAX;
  for (auto& [path, target] : targets_) {
    FileWriter& writer = target->writer;
    if (!writer.is_pending() && is_rotation_due(*target, now)) {
      if (const auto rotated = rotate_now(*target, now); !rotated) {
        note_failure(*target, rotated.error(), now_ns);
      }
    }
    const std::uint64_t writer_ns = writer.tend(now);
    next_ns = writer_ns == 0 ? next_ns : std::min(next_ns, writer_ns);
    if (const auto trouble = writer.take_trouble()) {
      note_trouble(*trouble);
    }
    const std::uint64_t due_ns = writer.rotation_due_ns();
    if (due_ns != 0 && now.realtime_ns < due_ns) {
      next_ns = std::min(next_ns, now.monotonic_at(due_ns));
    }
  }
  return next_ns == UINT64_MAX ? 0 : next_ns;
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
  const Moment now = moment(base::monotonic_ns());
  for (auto& [path, target] : targets_) {
    target->writer.reopen();
    target->retry.worked();
    if (target->writer.is_pending()) {
      continue;  // consume() ends it first
    }
    if (const auto ready = target->writer.prepare(now); !ready) {
      note_failure(*target, ready.error(), now.monotonic_ns);
    }
  }
}

void FileSink::rotate() {
  const Moment now = moment(base::monotonic_ns());
  for (auto& [path, target] : targets_) {
    target->rotate_wanted = true;
    if (target->writer.is_pending()) {
      continue;  // consume() does it
    }
    auto ready = target->writer.prepare(now);
    if (ready && is_rotation_due(*target, now)) {
      ready = rotate_now(*target, now);
    }
    if (!ready) {
      note_failure(*target, ready.error(), now.monotonic_ns);
    }
  }
}

}  // namespace shippers
