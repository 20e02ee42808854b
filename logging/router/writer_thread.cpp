#include "logging/router/writer_thread.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

/// One router more has died while the sink was at this frame, and not by somebody's KILL.
PoisonNote count_death(PoisonNote& note, bool was_killed) {
  if (note.active != 0) {
    note.deaths += was_killed ? 0 : 1;
    note.active = 0;
  }
  return note;
}

}  // namespace

WriterThread::WriterThread(const Options& options)
    : options_(options),
      report_(options.state),
      suspect_(count_death(options.state.note, options.last_was_killed)) {}

WriterThread::~WriterThread() {
  stopping_.store(true);
  waker_.notify();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void WriterThread::add_input(std::string service, RingFeed& feed,
                             std::unique_ptr<RingConsumer> consumer) {
  auto input = std::make_unique<Input>();
  input->view = {.service = std::move(service), .consumer = consumer.get(), .poisoned = false};
  input->consumer = std::move(consumer);
  input->feed = &feed;
  unattached_.fetch_add(1);
  {
    const std::scoped_lock lock(mutex_);
    new_inputs_.push_back(std::move(input));
  }
  waker_.notify();
}

void WriterThread::start() {
  ASSERT(sink_ != nullptr);
  thread_ = std::thread([this] { run(); });
}

void WriterThread::reopen() {
  request(Request::kReopen);
}

void WriterThread::rotate() {
  request(Request::kRotate);
}

void WriterThread::end_input() {
  request(Request::kEndInput);
}

void WriterThread::tap(base::Fd pipe) {
  {
    const std::scoped_lock lock(mutex_);
    new_taps_.push_back(std::move(pipe));
  }
  waker_.notify();
}

void WriterThread::manage_spool(SpoolAction action, base::Fd reply) {
  {
    const std::scoped_lock lock(mutex_);
    spool_requests_.emplace_back(action, std::move(reply));
  }
  waker_.notify();
}

void WriterThread::request(Request request) {
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }
  waker_.notify();
}

void WriterThread::run() {
  options_.busy.adopt_thread();
  while (!stopping_.load()) {
    const std::uint64_t now_ns = base::monotonic_ns();
    options_.busy.begin(now_ns);
    take_requests();
    attach_inputs(now_ns);
    bool progressed = false;
    for (const auto& input : inputs_) {
      progressed = step(*input, now_ns) || progressed;
    }
    watch_failures(now_ns);
    tend_due_ns_ = sink_->tend(now_ns);
    if (!progressed || now_ns - noted_ns_ >= WriterLimits::kNoteNs) {
      note_progress(now_ns);
    }
    if (!progressed) {
      options_.busy.end();
      options_.on_idle();
      waker_.wait(next_due_ns(base::monotonic_ns()));
    }
  }
  options_.busy.end();
}

void WriterThread::take_requests() {
  std::vector<Request> requests;
  std::vector<std::pair<SpoolAction, base::Fd>> spool_requests;
  {
    const std::scoped_lock lock(mutex_);
    requests.swap(requests_);
    spool_requests.swap(spool_requests_);
    std::ranges::for_each(new_taps_, [&](base::Fd& pipe) { report_.tap().add(std::move(pipe)); });
    new_taps_.clear();
    std::ranges::move(new_inputs_, std::back_inserter(inputs_));
    new_inputs_.clear();
  }
  for (auto& [action, reply] : spool_requests) {
    sink_->manage_spool(action, std::move(reply));
  }
  for (const Request request : requests) {
    switch (request) {
      case Request::kReopen:
        sink_->reopen();
        break;
      case Request::kRotate:
        sink_->rotate();
        break;
      case Request::kEndInput:
        sink_->end_input();
        break;
    }
    for (const auto& input : inputs_) {
      input->not_before_ns = 0;
    }
  }
}

void WriterThread::attach_inputs(std::uint64_t now_ns) {
  for (const auto& input : inputs_) {
    if (input->attached || now_ns < input->not_before_ns) {
      continue;
    }
    if (const auto attached = sink_->attach(input->view); attached) {
      input->attached = true;
      input->not_before_ns = 0;
      input->failing_since_ns = 0;
      unattached_.fetch_sub(1);
    } else {
      report_.failing(SinkHealth::kRetrying, attached.error());
      input->not_before_ns = now_ns + WriterLimits::kAttachRetryNs;
      note_failing(*input, now_ns);
    }
  }
}

void WriterThread::note_failing(Input& input, std::uint64_t now_ns) {
  if (input.failing_since_ns == 0) {
    input.failing_since_ns = now_ns;
  }
}

bool WriterThread::step(Input& input, std::uint64_t now_ns) {
  if (!input.attached || now_ns < input.not_before_ns) {
    return false;
  }
  note_frame(input);
  base::crash_point("writer.consuming");
  const ConsumeResult result = sink_->consume(input.view, now_ns);
  options_.state.note.active = 0;
  base::crash_point("writer.consumed");
  input.not_before_ns = result.retry_at_ns;
  input.look_again_ns = result.look_again_ns;
  if (result.progressed || result.retry_at_ns == 0) {
    input.failing_since_ns = 0;
  }
  if (result.retry_at_ns != 0 && report_.is_failing()) {
    note_failing(input, now_ns);
  }
  return result.progressed;
}

/// Writes down what the sink is about to take, so that the next router knows what killed this one.
void WriterThread::note_frame(Input& input) {
  PoisonNote& note = options_.state.note;
  const std::uint64_t ring_id = input.consumer->ring_id();
  const std::uint64_t frame = input.consumer->cursor().frame;
  const bool suspected = suspect_.ring_id == ring_id && suspect_.frame == frame;
  note.active = 0;
  note.ring_id = ring_id;
  note.frame = frame;
  note.deaths = suspected ? suspect_.deaths : 0;
  input.view.poisoned = note.deaths >= WriterLimits::kDeathsUntilPoison;
  if (input.view.poisoned && sink_->parses_records()) {
    drop_poisoned(input);
    return;
  }
  note.active = 1;
}

void WriterThread::drop_poisoned(Input& input) {
  static_cast<void>(input.consumer->give_up_frame(DropReason::kPoison));
  input.view.poisoned = false;
}

void WriterThread::watch_failures(std::uint64_t now_ns) {
  const std::uint64_t limit_ns = options_.config.block_limit.ns;
  for (const auto& input : inputs_) {
    const bool failing = limit_ns != 0 && input->failing_since_ns != 0;
    if (failing && now_ns - input->failing_since_ns >= limit_ns) {
      drop_oldest(*input);
    }
  }
}

/// Only while the producer waits for room: a ring that is not full keeps everything.
void WriterThread::drop_oldest(Input& input) {
  while (input.feed->room.is_waiting() && input.consumer->give_up_frame(DropReason::kBlockLimit)) {
  }
}

/// For `birl status`: since when the oldest line waits, and what a rate is made of.
void WriterThread::note_progress(std::uint64_t now_ns) {
  noted_ns_ = now_ns;
  std::uint64_t oldest_ns = 0;
  std::uint64_t delivered =
      read_slot(options_.state.inherited_sequence, options_.state.inherited).delivered;
  for (const auto& input : inputs_) {
    delivered += input->consumer->delivered();
    if (input->consumer->waiting_bytes() == 0) {
      continue;
    }
    const auto frames = input->consumer->peek(1);
    if (frames && !frames->empty()) {
      const std::uint64_t time_ns = frames->front().header.time_ns;
      oldest_ns = oldest_ns == 0 ? time_ns : std::min(oldest_ns, time_ns);
    }
  }
  options_.state.oldest_ring_ns.store(oldest_ns, std::memory_order_relaxed);
  if (marks_.last_ns == 0 || now_ns - marks_.last_ns >= WriterLimits::kMarkNs) {
    marks_ = {.since_ns = marks_.last_ns,
              .delivered = marks_.last_delivered,
              .last_ns = now_ns,
              .last_delivered = delivered};
    publish_slot(options_.state.marks_sequence, options_.state.marks, marks_);
  }
}

std::uint64_t WriterThread::next_due_ns(std::uint64_t now_ns) const {
  std::uint64_t due_ns = tend_due_ns_ == 0 ? UINT64_MAX : tend_due_ns_;
  for (const auto& input : inputs_) {
    if (input->not_before_ns != 0) {
      due_ns = std::min(due_ns, input->not_before_ns);
    }
    if (input->look_again_ns != 0) {
      due_ns = std::min(due_ns, std::max(input->look_again_ns, now_ns + 1));
    }
    // Once the limit has passed, the intake's word that a ring is full is what wakes this thread.
    const std::uint64_t limit_ns = input->failing_since_ns + options_.config.block_limit.ns;
    if (input->failing_since_ns != 0 && limit_ns > now_ns) {
      due_ns = std::min(due_ns, limit_ns);
    }
  }
  return due_ns == UINT64_MAX ? 0 : due_ns;
}

}  // namespace logging
