#include "shippers/network/network_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/clock.h"
#include "base/crash_point.h"
#include "logging/admission.h"

namespace shippers {

using logging::ConsumeResult;
using logging::RingConsumer;
using logging::SinkHealth;
using logging::SinkInput;
using logging::WhenFull;

namespace {

bool is_unwritable(const base::Error& error) {
  return error.code == base::ErrorCode::kPermission || error.sys_errno == EROFS ||
         error.sys_errno == ENOTDIR;
}

DeliveryMachine::Options machine_options(const logging::RetryConfig& retry,
                                         const RequestLimits& limits, std::uint64_t seed) {
  return {.policy = RetryPolicy(retry.initial.ns, retry.max.ns, seed),
          .attempts = retry.attempts,
          .concurrency = limits.concurrency,
          .park_ns = std::max<std::uint64_t>(retry.max.ns, RetryLimits::kWaitMinNs)};
}

}  // namespace

Batcher::Limits NetworkSink::batch_limits(const logging::BatchConfig& config,
                                          const RequestLimits& limits) {
  return {.bytes = std::min(config.bytes.bytes, limits.bytes),
          .events = std::min(config.records, limits.events),
          .linger_ns = config.linger.ns};
}

NetworkSink::NetworkSink(const logging::SinkConfig& config, Parts parts)
    : config_(config),
      parts_(std::move(parts)),
      batcher_(batch_limits(config.network.batch, parts_.destination->limits())),
      builder_(batcher_, *parts_.destination,
               drops_at_entry() ? BatchBuilder::Admit([this](auto severity, std::size_t bytes) {
                 return may_enter(severity, bytes);
               })
                                : BatchBuilder::Admit()),
      ledger_(parts_.state) {}

NetworkSink::~NetworkSink() {
  parts_.destination.reset();  // no answer comes to the courier after this
}

base::Result<void> NetworkSink::attach(const SinkInput& input) {
  TRY_ASSIGN(inputs_[input.consumer], make_records(input));
  ledger_.add(*input.consumer);
  told_[input.consumer] = missing(*input.consumer);
  return {};
}

base::Result<std::unique_ptr<logging::RecordRun>> NetworkSink::make_records(
    const SinkInput& input) {
  if (!parts_.pipeline) {
    return nullptr;
  }
  TRY_ASSIGN(logging::Pipeline pipeline, parts_.pipeline(input.service));
  const logging::RecordSource& source = pipeline.source();
  if (pipeline.steps().empty() && source.fields.empty() &&
      source.stderr_severity == logging::Severity::kError) {
    return nullptr;
  }
  auto write = [this, ring_id = input.consumer->ring_id()](const logging::Record& record,
                                                           logging::TextBuffer& out) {
    builder_.write(record, parts_.host, ring_id, out);
  };
  return std::make_unique<logging::RecordRun>(std::move(pipeline),
                                              logging::RecordFormatter(std::move(write)));
}

/// Once all inputs of the start are attached: the spool's recovery has to know them.
bool NetworkSink::open(std::uint64_t now_ns) {
  if (spool_ != nullptr) {
    return true;
  }
  if (retry_.must_wait(now_ns)) {
    return false;
  }
  if (const auto opened = open_spool(); !opened) {
    retry_.failed(now_ns);
    parts_.report.failing(SinkHealth::kRetrying, opened.error());
    return false;
  }
  retry_.worked();
  return true;
}

base::Result<void> NetworkSink::open_spool() {
  const auto& wanted = config_.network.spool;
  Spool::Options memory;
  memory.directory = fmt::format("{}/spool/{}", parts_.runtime_directory, config_.name);
  memory.bytes_max = NetworkSinkLimits::kMemorySpoolBytes;
  if (!wanted) {
    return open_spool_at(memory);
  }
  Spool::Options options;
  options.directory = wanted->directory.empty()
                          ? fmt::format("{}/spool/{}", parts_.state_directory, config_.name)
                          : wanted->directory;
  options.bytes_max = wanted->bytes.bytes;
  options.sync = wanted->sync == logging::SpoolSync::kGroup;
  const auto opened = open_spool_at(options);
  is_durable_ = opened.has_value();
  if (opened || !is_unwritable(opened.error())) {
    return opened;
  }
  memory.bytes_max = std::min(memory.bytes_max, options.bytes_max);
  TRY(open_spool_at(memory));
  parts_.diag.warn("sink {}: its spool is in {} and will not outlive the container: {}",
                   config_.name, memory.directory, opened.error().message);
  return {};
}

base::Result<void> NetworkSink::open_spool_at(const Spool::Options& options) {
  TRY_ASSIGN(spool_, Spool::open(options, *parts_.files, ledger_.marks()));
  ledger_.recover(spool_->holdings());
  base::crash_point("network.recovered");
  courier_ = std::make_unique<Courier>(
      machine_options(config_.network.retry, parts_.destination->limits(), parts_.seed), *spool_,
      ledger_, *parts_.destination, parts_.wake);
  open_dead_letters(options.directory);
  return {};
}

/// Without its store letters cannot be sent again; the sink they are for gets them all the same.
void NetworkSink::open_dead_letters(const std::string& directory) {
  if (parts_.dead_letters == nullptr || config_.network.dead_letter.empty()) {
    return;
  }
  auto box = DeadLetterBox::open(
      {.sink = config_.name, .target = config_.network.dead_letter, .directory = directory},
      *parts_.files, *parts_.dead_letters);
  if (!box) {
    parts_.diag.error("sink {}: its dead letters cannot be kept: {}", config_.name,
                      box.error().message);
    return;
  }
  dead_letters_ = std::move(*box);
  courier_->set_dead_letters(*dead_letters_);
}

ConsumeResult NetworkSink::consume(const SinkInput& input, std::uint64_t now_ns) {
  ConsumeResult result;
  if (!open(now_ns)) {
    result.retry_at_ns = retry_.again_at_ns();
    return result;
  }
  if (is_full()) {
    // The services wait now, or lose their oldest lines after block_limit.
    result.retry_at_ns = now_ns + NetworkSinkLimits::kBlockedRetryNs;
    return result;
  }
  if (!collecting_) {
    return result;
  }
  const std::unique_ptr<logging::RecordRun>& records = inputs_.at(input.consumer);
  const bool looks_far = records != nullptr && records->is_multiline();
  const auto frames = input.consumer->peek(static_cast<std::size_t>(
      looks_far ? std::max<std::uint64_t>(share_bytes_, logging::RecordRunLimits::kPeekBytes)
                : share_bytes_));
  if (!frames) {
    parts_.report.failing(SinkHealth::kRetrying, frames.error());
    result.retry_at_ns = now_ns + RetryClock::kLongestNs;
    return result;
  }
  result.progressed = builder_.take(
      {.service = input.service,
       .host = parts_.host,
       .consumer = *input.consumer,
       .records = records.get(),
       .realtime_ns = draining_ ? logging::RecordRunLimits::kEndOfTimeNs : base::realtime_ns(),
       .missing = missing(*input.consumer)},
      *frames, share_bytes_);
  return result;
}

std::uint64_t NetworkSink::tend(std::uint64_t now_ns) {
  if (!open(now_ns)) {
    return retry_.again_at_ns();
  }
  flush(now_ns);
  if (const auto stepped = courier_->step(now_ns); !stepped) {
    disk_error_ = stepped.error();
    retry_.failed(now_ns);
  }
  decide(now_ns);
  report_health();
  return due_at_ns(now_ns);
}

void NetworkSink::flush(std::uint64_t now_ns) {
  const bool has_collected = std::exchange(collecting_, false);
  if (builder_.empty()) {
    // Groups of lines that may still grow: asking again at once would ask for ever.
    patience_at_ns_ = has_collected ? now_ns + NetworkSinkLimits::kPatienceNs : patience_at_ns_;
    return;
  }
  patience_at_ns_ = 0;
  if (const auto appended = append_batch(); appended) {
    disk_error_.reset();
    retry_.worked();
  } else {
    disk_error_ = appended.error();
    retry_.failed(now_ns);  // the lines are still in their rings
  }
  builder_.clear();
  batcher_.restart();
}

base::Result<void> NetworkSink::append_batch() {
  if (builder_.events() > 0) {  // else its pipelines have dropped it all
    TRY(make_room());
    TRY(spool_->append(builder_.ranges(), builder_.events(), builder_.payload()));
    base::crash_point("network.spooled");
    show_batch();
  }
  commit_batch();
  base::crash_point("network.committed");
  return {};
}

/// For `birl tap`: the events, a line each, as they will be sent, perhaps more than once.
void NetworkSink::show_batch() {
  if (!parts_.report.tap().is_wanted()) {
    return;
  }
  for (const SpoolEvent& event : split_events(builder_.payload())) {
    std::string text = parts_.destination->shown(event.text);
    std::ranges::replace(text, '\n', ' ');
    text.resize(text.find_last_not_of(' ') + 1);  // vendors whose events end their lines themselves
    parts_.report.tap().offer(text + '\n');
  }
}

void NetworkSink::commit_batch() {
  for (std::size_t index = 0; index < builder_.ranges().size(); ++index) {
    const RingRange& range = builder_.ranges()[index];
    RingConsumer* consumer = builder_.consumers()[index];
    logging::DropCounts dropped{};
    std::copy_n(range.dropped.begin(), dropped.size(), dropped.begin());
    told_[consumer] += builder_.told()[index];
    consumer->commit(range.to, dropped, range.lines);
    if (const auto& records = inputs_.at(consumer); records != nullptr) {
      records->commit();
    }
  }
}

base::Result<void> NetworkSink::make_room() {
  while (config_.policy() == WhenFull::kDropOldest && !spool_->is_empty() &&
         !spool_->has_room(builder_.payload().size())) {
    TRY(courier_->drop_oldest(logging::DropReason::kSpoolFull));
  }
  return {};
}

bool NetworkSink::is_full() const {
  return config_.policy() == WhenFull::kBlock && !spool_->is_empty() &&
         !spool_->has_room(static_cast<std::size_t>(config_.network.batch.bytes.bytes));
}

bool NetworkSink::drops_at_entry() const {
  return config_.policy() == WhenFull::kDropNewest || config_.policy() == WhenFull::kDropByLevel;
}

bool NetworkSink::may_enter(logging::Severity severity, std::size_t payload_bytes) const {
  constexpr std::size_t kEventBytes = 4096;  // an event's own, roughly: it is not encoded yet
  const std::uint64_t capacity = spool_->bytes_max();
  const std::uint64_t limit = logging::admitted_bytes(config_.policy(), severity, capacity);
  const std::uint64_t used = spool_->is_empty() ? 0 : spool_->bytes();
  return used + payload_bytes + kEventBytes <= limit &&
         (spool_->is_empty() || spool_->has_room(payload_bytes + kEventBytes));
}

/// Dropped lines that no event has told of.
std::uint64_t NetworkSink::missing(const RingConsumer& consumer) const {
  const auto told = told_.find(&consumer);
  return consumer.dropped()[static_cast<std::size_t>(logging::DropReason::kQueueFull)] -
         (told == told_.end() ? 0 : told->second);
}

/// Whether the next round collects.
void NetworkSink::decide(std::uint64_t now_ns) {
  std::uint64_t waiting = 0;
  std::uint64_t busy = 0;
  bool pressed = false;
  for (const auto& [consumer, records] : inputs_) {
    const std::uint64_t bytes = consumer->waiting_bytes();
    waiting += bytes;
    busy += bytes > 0 ? 1 : 0;
    pressed = pressed || bytes >= consumer->ring_capacity() / 4;
  }
  const bool due = batcher_.look(waiting, now_ns) || (waiting > 0 && (pressed || draining_));
  collecting_ = due && !is_full() && !retry_.must_wait(now_ns) && now_ns >= patience_at_ns_;
  if (collecting_) {
    share_bytes_ =
        std::max(config_.network.batch.bytes.bytes / busy, NetworkSinkLimits::kShareBytesMin);
  }
}

void NetworkSink::report_health() {
  parts_.state.spool_bytes.store(spool_->is_empty() ? 0 : spool_->bytes());
  parts_.state.oldest_spool_ns.store(courier_->oldest_ns(), std::memory_order_relaxed);
  parts_.state.retries.fetch_add(courier_->retries() - retries_told_, std::memory_order_relaxed);
  retries_told_ = courier_->retries();
  const DeliveryMachine::State state = courier_->state();
  if (disk_error_) {
    parts_.report.failing(SinkHealth::kRetrying, *disk_error_);
  } else if (is_full()) {
    parts_.report.failing(SinkHealth::kBlocked, courier_->reason());
  } else if (state == DeliveryMachine::State::kParked) {
    parts_.report.failing(SinkHealth::kParked, courier_->reason());
  } else if (state == DeliveryMachine::State::kRetrying) {
    parts_.report.failing(SinkHealth::kRetrying, courier_->reason());
  } else {
    if (courier_->rejections() != rejections_told_) {
      rejections_told_ = courier_->rejections();
      parts_.report.failing(SinkHealth::kRetrying, courier_->reason());
    }
    parts_.report.working();
  }
  const bool is_held = draining_ && courier_->has_letters();
  parts_.state.keeps_spool.store(is_durable_ && (parts_.report.is_failing() || is_held) ? 1 : 0);
}

std::uint64_t NetworkSink::due_at_ns(std::uint64_t now_ns) const {
  if (collecting_) {
    return now_ns;
  }
  std::uint64_t due = UINT64_MAX;
  for (const std::uint64_t at : {is_full() ? 0 : std::max(batcher_.due_at_ns(), patience_at_ns_),
                                 courier_->due_at_ns(), retry_.again_at_ns()}) {
    due = at > now_ns ? std::min(due, at) : due;
  }
  return due == UINT64_MAX ? 0 : due;
}

void NetworkSink::end_input() {
  draining_ = true;
  if (courier_ != nullptr) {
    courier_->hurry();
    if (is_durable_) {
      courier_->hold_dead_letters();
    }
  }
}

}  // namespace shippers
