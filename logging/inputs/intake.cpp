#include "logging/inputs/intake.h"

#include <sys/prctl.h>

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"

namespace logging {

namespace {

constexpr std::uint64_t kTimerSlackNs = 5'000;  // the kernel's own 50 us would blur our waits

}  // namespace

Intake::Intake(const Options& options, base::Pipe staging)
    : options_(options),
      staging_(options.state, std::move(staging.read), std::move(staging.write), options.diag),
      budget_(options.pipe_memory_bytes) {}

Intake::~Intake() = default;

base::Result<void> Intake::open() {
  TRY(poll_.open());
  TRY_ASSIGN(command_event_, make_event());
  TRY_ASSIGN(room_event_, make_event());
  TRY(poll_.watch(command_event_.get(), &command_event_));
  TRY(poll_.watch(room_event_.get(), &room_event_));
  return {};
}

void Intake::run() {
  ::prctl(PR_SET_TIMERSLACK, kTimerSlackNs, 0, 0, 0);
  options_.busy.adopt_thread();
  options_.busy.begin(base::monotonic_ns());
  apply_commands();
  recover();
  while (!stopping_) {
    const std::uint64_t now_ns = base::monotonic_ns();
    read_due_pipes(now_ns);
    if (look_at_full_) {
      resume_full_pipes(now_ns);
    }
    if (any_abandoned_) {
      close_abandoned();
    }
    finish_round();
    wait_for_events();
  }
  options_.busy.end();
}

void Intake::recover() {
  const std::uint64_t ring_id = staging_.interrupted_ring();
  const auto found = std::ranges::find_if(
      feeds_, [&](const auto& feed) { return feed->feed->ring.ring_id() == ring_id; });
  staging_.recover(found == feeds_.end() ? nullptr : &(*found)->writer);
  if (found != feeds_.end()) {
    on_committed(**found);
  }
  recovered_ = true;
  for (const auto& input : inputs_) {
    close_stale(*input);
  }
  close_abandoned();
  for (const auto& input : inputs_) {
    read_older(input->feed, input->pipe.info().incarnation);
  }
}

void Intake::close_abandoned() {
  any_abandoned_ = false;
  for (const auto& feed : feeds_) {
    for (std::size_t slot = 0; slot < RingLimits::kPipes; ++slot) {
      const bool has_pipe = std::ranges::any_of(inputs_, [&](const auto& input) {
        return &input->feed == feed.get() && input->pipe.slot() == slot;
      });
      const std::uint64_t head = feed->writer.head();
      if (!has_pipe && !feed->writer.close_abandoned(slot, base::realtime_ns())) {
        any_abandoned_ = true;
        feed->feed->room.wait_for_room();
      }
      if (feed->writer.head() != head) {
        on_committed(*feed);
      }
    }
  }
}

/// What a dead instance said last comes before the first word of the next: its pipes are read to
/// their end, as far as their end is there and the ring has room.
void Intake::read_older(const Feed& feed, std::uint16_t incarnation) {
  for (const auto& input : inputs_) {
    // The counter wraps; at most kIncarnations of them have pipes at a time.
    const auto age = static_cast<std::int16_t>(incarnation - input->pipe.info().incarnation);
    if (&input->feed != &feed || age <= 0) {
      continue;
    }
    const std::uint64_t now_ns = base::monotonic_ns();
    for (int visits = 0; visits < IntakeLimits::kVisitsOfOlderMax; ++visits) {
      if (input->gone || input->mode == PipeMode::kFull ||
          input->pipe.look() == ServicePipe::Content::kNothing) {
        break;
      }
      visit(*input, now_ns, false);
    }
  }
}

std::uint64_t Intake::next_due_ns() const {
  std::uint64_t due_ns = UINT64_MAX;
  for (Input* input : timed_) {
    due_ns = std::min(due_ns, input->pipe.pacing().next_read_ns());
  }
  return due_ns;
}

void Intake::wait_for_events() {
  options_.busy.end();
  const auto ready = poll_.wait(next_due_ns());
  const std::uint64_t now_ns = base::monotonic_ns();
  options_.busy.begin(now_ns);
  for (void* key : ready) {
    if (key == &command_event_) {
      clear_event(command_event_.get());
      apply_commands();
    } else if (key == &room_event_) {
      clear_event(room_event_.get());
      look_at_full_ = true;
    } else if (auto* input = static_cast<Input*>(key);
               input->mode == PipeMode::kQuiet && !input->gone) {  // not ended by a command above
      input->pipe.pacing().on_ready(now_ns);
      read_on_timer(*input);
    }
  }
}

void Intake::read_on_timer(Input& input) {
  if (input.mode != PipeMode::kTimed) {
    input.mode = PipeMode::kTimed;
    timed_.push_back(&input);
  }
}

void Intake::read_due_pipes(std::uint64_t now_ns) {
  std::vector<Input*> due;
  for (Input* input : timed_) {
    if (input->pipe.pacing().next_read_ns() <= now_ns) {
      due.push_back(input);
    }
  }
  for (Input* input : due) {
    visit(*input, now_ns, due.size() == 1);
  }
}

/// Takes what is in the pipe: alone up to a few large reads, else one turn.
void Intake::visit(Input& input, std::uint64_t now_ns, bool alone) {
  if (input.at_end) {
    on_end(input, now_ns);
    return;
  }
  std::size_t taken = 0;
  for (int reads = 0; reads < (alone ? IntakeLimits::kReadsPerVisit : 1); ++reads) {
    const std::size_t room = input.feed.writer.room(input.pipe.slot());
    if (room == 0) {
      on_full(input, now_ns);
      return;
    }
    const std::size_t limit = alone ? room : std::min(room, IntakeLimits::kTurnBytes);
    const ReadResult result = read_once(input, limit);
    if (result.outcome == ReadResult::Outcome::kEnd) {
      on_end(input, now_ns);
      return;
    }
    if (result.outcome != ReadResult::Outcome::kData) {
      break;
    }
    taken += result.bytes;
    if (result.bytes < limit && !input.closing && !input.draining) {
      break;
    }
  }
  if (taken > 0) {
    input.pipe.on_data(taken, now_ns);
    if (input.closing || input.draining) {
      input.pipe.pacing().read_now(now_ns);
    }
  } else {
    on_empty(input, now_ns);
  }
}

ReadResult Intake::read_once(Input& input, std::size_t limit) {
  RingWriter& writer = input.feed.writer;
  const std::uint64_t head = writer.head();
  ReadResult result;
  if (!input.no_splice) {
    result = staging_.read(writer, input.pipe.slot(), input.pipe.fd(), limit);
    if (result.outcome == ReadResult::Outcome::kNoSplice) {
      options_.diag.warn(
          "the output of service {} is no pipe: a killed router may lose lines of it",
          input.feed.feed->service_id);
      static_cast<void>(base::set_nonblocking(input.pipe.fd(), true));
      input.no_splice = true;
    }
  }
  if (input.no_splice) {
    result = Staging::read_directly(writer, input.pipe.slot(), input.pipe.fd(), limit);
  }
  if (writer.head() != head) {
    on_committed(input.feed);
  }
  return result;
}

void Intake::on_empty(Input& input, std::uint64_t now_ns) {
  if (input.closing) {
    on_end(input, now_ns);
    return;
  }
  if (input.draining) {
    // The container ends: nobody will see the end of a line that is unfinished now.
    if (!input.feed.writer.close_pipe(input.pipe.slot(), base::realtime_ns())) {
      on_full(input, now_ns);
      return;
    }
    on_committed(input.feed);
    input.draining = false;
  }
  input.pipe.pacing().on_empty(now_ns);
  if (input.pipe.pacing().is_quiet()) {
    input.pipe.shrink();
    arm(input);
  }
}

void Intake::arm(Input& input) {
  std::erase(timed_, &input);
  input.mode = PipeMode::kQuiet;
  poll_.arm_once(input.pipe.fd(), &input);
}

/// No room in the ring. A pipe in which nothing is has not been stopped by that.
void Intake::on_full(Input& input, std::uint64_t now_ns) {
  if (!input.at_end && !input.closing && !input.draining) {
    switch (input.pipe.look()) {
      case ServicePipe::Content::kNothing:
        on_empty(input, now_ns);
        return;
      case ServicePipe::Content::kEnd:
        on_end(input, now_ns);
        return;
      case ServicePipe::Content::kSomething:
        break;
    }
  }
  std::erase(timed_, &input);
  input.mode = PipeMode::kFull;
  input.full_since_ns = now_ns;
  full_.push_back(&input);
  look_at_full_ = true;
}

void Intake::on_end(Input& input, std::uint64_t now_ns) {
  input.at_end = true;
  if (!input.feed.writer.close_pipe(input.pipe.slot(), base::realtime_ns())) {
    on_full(input, now_ns);
    return;
  }
  on_committed(input.feed);
  input.gone = true;
  any_gone_ = true;
  std::erase(timed_, &input);
  poll_.remove(input.pipe.fd());
  options_.on_event({.kind = IntakeEvent::Kind::kPipeEnded,
                     .service_id = input.feed.feed->service_id,
                     .slot = input.pipe.info().slot});
}

/// Those whose ring has room again go on. The others say that they wait, then look once more: a
/// consumer that commits in between either is seen here or sees `waiting`.
void Intake::resume_full_pipes(std::uint64_t now_ns) {
  look_at_full_ = false;
  std::erase_if(full_, [&](Input* input) {
    RingWriter& writer = input->feed.writer;
    const auto has_room = [&] {
      return writer.has_quarter_free() && writer.room(input->pipe.slot()) > 0;
    };
    if (!has_room()) {
      input->feed.feed->room.wait_for_room();
      on_committed(input->feed);  // a sink that fails for too long makes room by dropping
      if (!has_room()) {
        return false;
      }
    }
    writer.add_blocked(now_ns - input->full_since_ns);
    input->pipe.pacing().on_ready(now_ns);
    read_on_timer(*input);
    return true;
  });
}

void Intake::finish_round() {
  if (any_gone_) {
    std::erase_if(inputs_, [](const auto& input) { return input->gone; });
    any_gone_ = false;
  }
  const auto still = [](const auto& input) { return input->draining; };
  if (draining_ && std::ranges::none_of(inputs_, still)) {
    draining_ = false;
    options_.on_event({.kind = IntakeEvent::Kind::kDrained});
  }
}

void Intake::on_committed(Feed& feed) {
  for (Waker* waker : feed.feed->wakers) {
    waker->notify();
  }
  if (feed.watch) {
    look_for_line(feed);
  }
}

void Intake::look_for_line(Feed& feed) {
  if (feed.watch->look(feed.feed->ring)) {
    options_.on_event({.kind = IntakeEvent::Kind::kLineSeen,
                       .service_id = feed.feed->service_id,
                       .incarnation = feed.watch->incarnation()});
    feed.watch.reset();
  }
}

}  // namespace logging
