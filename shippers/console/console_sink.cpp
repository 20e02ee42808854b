#include "shippers/console/console_sink.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <tuple>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"

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
FileRecord& settled(FileRecord& record) {
  if (record.open.state == LineState::kUnknown) {
    record.open = OpenLine{.ring_id = 0, .state = LineState::kOpen};
  }
  return record;
}

}  // namespace

base::Result<std::unique_ptr<ConsoleSink>> ConsoleSink::make(
    const std::string& name, const logging::ConsoleSinkConfig& config, const std::string& host,
    FileRecordTable& records, logging::SinkReport& report, int stdout_fd, int stderr_fd) {
  auto prefix = PathTemplate::parse_text(config.prefix);
  if (!prefix) {
    return base::with_context(fmt::format("sink {}: prefix", name), prefix.error());
  }
  TRY_ASSIGN(FileRecord* const out_record,
             records.claim(name, fmt::format("console:{}:stdout", name)));
  TRY_ASSIGN(FileRecord* const error_record,
             records.claim(name, fmt::format("console:{}:stderr", name)));
  return std::unique_ptr<ConsoleSink>(
      new ConsoleSink(config, host, *std::move(prefix), report,
                      {ConsoleOutput(stdout_fd, "standard output", settled(*out_record)),
                       ConsoleOutput(stderr_fd, "standard error", settled(*error_record))}));
}

ConsoleSink::ConsoleSink(const logging::ConsoleSinkConfig& config, const std::string& host,
                         PathTemplate prefix, logging::SinkReport& report,
                         std::array<ConsoleOutput, kOutputs> outputs)
    : config_(config),
      host_(host),
      prefix_(std::move(prefix)),
      report_(report),
      outputs_(std::move(outputs)) {}

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
  return result;
}

bool ConsoleSink::start_batch(RingConsumer& consumer) {
  const auto route = routes_.find(&consumer);
  ASSERT(route != routes_.end());
  const auto frames = consumer.peek(ConsoleLimits::kBatchBytes);
  if (!frames) {
    report_.failing(SinkHealth::kRetrying, frames.error());
    return false;
  }
  if (frames->empty()) {
    return false;
  }
  const std::array<OpenLine, kOutputs> open{outputs_[kStdout].open_line(),
                                            outputs_[kStderr].open_line()};
  format_batch(*frames, consumer.ring_id(), consumer.cursor(), route->second, open, batch_);
  writer_ = &consumer;
  written_ = 0;
  base::crash_point("console.formatted");
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
  // Lines given up after block_limit may have moved the cursor on already.
  if (is_before(writer_->cursor(), batch_.to)) {
    writer_->commit(batch_.to);
  }
  base::crash_point("console.committed");
  writer_ = nullptr;
}

}  // namespace shippers
