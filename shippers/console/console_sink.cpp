#include "shippers/console/console_sink.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file_system.h"
#include "shippers/moment.h"

namespace shippers {

using logging::ConsoleTarget;
using logging::ConsumeResult;
using logging::Cursor;
using logging::RingConsumer;
using logging::SinkHealth;
using logging::SinkInput;
using logging::Stream;

namespace {

bool is_before(const Cursor& a, const Cursor& b) {
  return std::tie(a.frame, a.offset) < std::tie(b.frame, b.offset);
}

/// A write to a pipe that nobody reads is to be an error of this thread, not the process's end.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

/// A dead router may have left an output in the middle of a line: whatever follows ends it first.
/// Another container's output, of which a record that outlived it speaks, is none of ours.
FileRecord& settled(FileRecord& record, int output) {
  base::RealFileSystem files;
  const auto status = files.status(output);
  const base::FileIdentity identity = status ? status->identity : base::FileIdentity{};
  if (!(identity == record.identity)) {
    record.open = OpenLine{};
    record.identity = identity;
  }
  if (record.open.state == LineState::kUnknown) {
    record.open = OpenLine{.ring_id = 0, .state = LineState::kOpen};
  }
  return record;
}

}  // namespace

base::Result<std::unique_ptr<ConsoleSink>> ConsoleSink::make(
    const std::string& name, const logging::ConsoleSinkConfig& config, const std::string& host,
    FileRecordTable& records, logging::SinkReport& report, int stdout_fd, int stderr_fd,
    PipelineMaker pipeline) {
  auto prefix = PathTemplate::parse_text(config.prefix);
  if (!prefix) {
    return base::with_context(fmt::format("sink {}: prefix", name), prefix.error());
  }
  TRY_ASSIGN(FileRecord* const out_record,
             records.claim(name, fmt::format("console:{}:stdout", name)));
  TRY_ASSIGN(FileRecord* const error_record,
             records.claim(name, fmt::format("console:{}:stderr", name)));
  return std::unique_ptr<ConsoleSink>(new ConsoleSink(
      config, host, *std::move(prefix), report,
      {ConsoleOutput(stdout_fd, "standard output", settled(*out_record, stdout_fd)),
       ConsoleOutput(stderr_fd, "standard error", settled(*error_record, stderr_fd))},
      std::move(pipeline)));
}

ConsoleSink::ConsoleSink(const logging::ConsoleSinkConfig& config, const std::string& host,
                         PathTemplate prefix, logging::SinkReport& report,
                         std::array<ConsoleOutput, kOutputs> outputs, PipelineMaker pipeline)
    : config_(config),
      host_(host),
      prefix_(std::move(prefix)),
      report_(report),
      outputs_(std::move(outputs)),
      pipeline_(std::move(pipeline)) {}

std::string ConsoleSink::prefix_of(const std::string& service, Stream stream) const {
  return prefix_.text({.service = service, .stream = stream, .host = host_, .realtime_ns = 0});
}

ConsoleRoute ConsoleSink::route_of(const std::string& service) const {
  if (service == kOwnService) {
    return {
        .output = {kStderr, kStderr},
        .head = LineHead(timestamp_of(config_.format, config_.timestamp), {"birl: ", "birl: "})};
  }
  ConsoleRoute route;
  switch (config_.target) {
    case ConsoleTarget::kSame:
      route.output = {kStdout, kStderr};
      break;
    case ConsoleTarget::kStdout:
      route.output = {kStdout, kStdout};
      break;
    case ConsoleTarget::kStderr:
      route.output = {kStderr, kStderr};
      break;
  }
  route.head = LineHead(config_.format, config_.timestamp, service,
                        {prefix_of(service, Stream::kStdout), prefix_of(service, Stream::kStderr)});
  return route;
}

base::Result<void> ConsoleSink::attach(const SinkInput& input) {
  block_sigpipe();
  routes_[input.consumer] = route_of(input.service);
  return make_records(input);
}

/// birl's own lines stay as they are.
base::Result<void> ConsoleSink::make_records(const SinkInput& input) {
  if (!pipeline_ || input.service == kOwnService) {
    return {};
  }
  TRY_ASSIGN(logging::Pipeline pipeline, pipeline_(input.service));
  if (!is_of_records(config_.format) && pipeline.steps().empty()) {
    return {};
  }
  records_[input.consumer] = std::make_unique<logging::RecordRun>(
      std::move(pipeline),
      make_record_formatter(
          config_.format, config_.timestamp, host_, input.service,
          {prefix_of(input.service, Stream::kStdout), prefix_of(input.service, Stream::kStderr)}));
  parses_records_ = true;
  return {};
}

ConsumeResult ConsoleSink::consume(const SinkInput& input, std::uint64_t now_ns) {
  ConsumeResult result;
  bool may_wait = writer_ == nullptr || writer_ == input.consumer;
  std::size_t budget = ConsoleSinkLimits::kConsumeBytes;
  while (budget > 0 && (writer_ != nullptr || start_batch(*input.consumer))) {
    if (retry_.must_wait(now_ns)) {
      result.retry_at_ns = retry_.again_at_ns();
      return result;
    }
    switch (flush(now_ns, may_wait)) {
      case Flush::kDone:
        break;
      case Flush::kStalled:
        result.retry_at_ns = now_ns + ConsoleSinkLimits::kWaitMs * base::kNsPerMs;
        return result;
      case Flush::kFailed:
        result.retry_at_ns = retry_.again_at_ns();
        return result;
    }
    budget -= std::min(budget, batch_.bytes.size());
    result.progressed = true;
    may_wait = true;
  }
  if (held_until_ns_ != 0) {
    result.look_again_ns =
        Moment{.monotonic_ns = now_ns, .realtime_ns = base::realtime_ns()}.monotonic_at(
            std::exchange(held_until_ns_, 0));
  }
  return result;
}

bool ConsoleSink::start_batch(RingConsumer& consumer) {
  ASSERT(routes_.contains(&consumer));
  const auto records = records_.find(&consumer);
  const bool multiline = records != records_.end() && records->second->is_multiline();
  const auto frames =
      consumer.peek(multiline ? logging::RecordRunLimits::kPeekBytes : ConsoleLimits::kBatchBytes);
  if (!frames) {
    report_.failing(SinkHealth::kRetrying, frames.error());
    return false;
  }
  if (frames->empty()) {
    return false;
  }
  if (!format(consumer, *frames)) {
    return false;
  }
  writer_ = &consumer;
  written_ = 0;
  base::crash_point("console.formatted");
  return true;
}

/// False: nothing is to be written yet.
bool ConsoleSink::format(RingConsumer& consumer, std::span<const logging::FrameView> frames) {
  const std::array<OpenLine, kOutputs> open{outputs_[kStdout].open_line(),
                                            outputs_[kStderr].open_line()};
  ConsoleRoute& route = routes_.at(&consumer);
  const auto records = records_.find(&consumer);
  if (records != records_.end()) {
    return format_records(frames, consumer.cursor(), route, *records->second, open,
                          ended_ ? logging::RecordRunLimits::kEndOfTimeNs : base::realtime_ns(),
                          batch_, held_until_ns_);
  }
  batch_.dropped = {};
  format_batch(frames, consumer.ring_id(), consumer.cursor(), route, open, batch_);
  return true;
}

ConsoleSink::Flush ConsoleSink::flush(std::uint64_t now_ns, bool may_wait) {
  ConsoleOutput& output = outputs_[batch_.output];
  while (written_ < batch_.bytes.size()) {
    const auto rest = std::string_view(batch_.bytes).substr(written_);
    const auto count = output.write_some(rest, batch_.open_after);
    if (!count) {
      retry_.failed(now_ns);
      report_.failing(SinkHealth::kRetrying, count.error());
      return Flush::kFailed;
    }
    if (retry_.is_failing()) {
      retry_.worked();
      report_.working();
    }
    written_ += *count;
    if (*count == 0) {
      if (!may_wait) {
        return Flush::kStalled;
      }
      output.wait_writable(ConsoleSinkLimits::kWaitMs);
      may_wait = false;
    }
  }
  end_batch();
  return Flush::kDone;
}

void ConsoleSink::end_batch() {
  if (report_.tap().is_wanted()) {
    report_.tap().offer(batch_.bytes);
  }
  // Lines given up after block_limit may have moved the cursor on already.
  if (is_before(writer_->cursor(), batch_.to)) {
    writer_->commit(batch_.to,
                    writer_->cursor() == batch_.from ? batch_.dropped : logging::DropCounts{});
  }
  if (const auto records = records_.find(writer_); records != records_.end()) {
    records->second->commit();
  }
  base::crash_point("console.committed");
  writer_ = nullptr;
}

}  // namespace shippers
