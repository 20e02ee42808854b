#include "base/check.h"
#include "base/clock.h"
#include "logging/inputs/intake.h"

// What other threads ask of the intake thread: posted from any, applied between two rounds.

namespace logging {

void Intake::post(Command command) {
  {
    const std::scoped_lock lock(commands_mutex_);
    commands_.push_back(std::move(command));
  }
  ring_event(command_event_.get());
}

void Intake::add_ring(RingFeed& feed) {
  post(AddRing{&feed});
}

void Intake::add_pipe(std::uint32_t service_id, const PipeInfo& info, base::Fd fd) {
  post(AddPipe{service_id, info, std::move(fd)});
}

void Intake::close_pipe(std::uint32_t service_id, std::uint32_t slot) {
  post(ClosePipe{service_id, slot});
}

void Intake::await_line(std::uint32_t service_id, LineWatch watch) {
  post(AwaitLine{service_id, std::move(watch)});
}

void Intake::drain() {
  post(Drain{});
}

void Intake::stop() {
  post(Stop{});
}

void Intake::apply_commands() {
  std::vector<Command> commands;
  {
    const std::scoped_lock lock(commands_mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands) {
    std::visit([this](auto& alternative) { apply(alternative); }, command);
  }
}

void Intake::apply(AddRing& command) {
  feeds_.push_back(
      std::make_unique<Feed>(Feed{.feed = command.feed, .writer = RingWriter(command.feed->ring)}));
}

void Intake::apply(AddPipe& command) {
  Feed* feed = find_feed(command.service_id);
  ASSERT(feed != nullptr && command.info.slot < RingLimits::kPipes);
  if (recovered_) {
    read_older(*feed, command.info.incarnation);
  }
  feed->writer.label_pipe(command.info.slot, command.info.stream, command.info.incarnation);
  auto input = std::make_unique<Input>(*feed, std::move(command.fd), command.info, budget_);
  if (recovered_) {
    close_stale(*input);
  }
  input->draining = draining_;
  input->pipe.pacing().on_ready(base::monotonic_ns());
  read_on_timer(*input);
  inputs_.push_back(std::move(input));
}

/// What an older pipe left in this place. Not before recover(), which goes by the commit sequence.
void Intake::close_stale(Input& input) {
  input.feed.writer.close_stale(input.pipe.slot(), base::realtime_ns());
}

void Intake::apply(ClosePipe& command) {
  for (const auto& input : inputs_) {
    if (input->feed.feed->service_id == command.service_id && input->pipe.slot() == command.slot &&
        !input->gone) {
      input->closing = true;
      read_soon(*input);
    }
  }
}

void Intake::apply(AwaitLine& command) {
  if (Feed* feed = find_feed(command.service_id)) {
    feed->watch = std::move(command.watch);
    look_for_line(*feed);
  }
}

void Intake::apply(Drain&) {
  draining_ = true;
  for (const auto& input : inputs_) {
    input->draining = true;
    read_soon(*input);
  }
}

/// One that waits for room goes on waiting: there is nowhere to read to.
void Intake::read_soon(Input& input) {
  input.pipe.pacing().read_now(0);
  if (input.mode == PipeMode::kQuiet) {
    read_on_timer(input);
  }
}

void Intake::apply(Stop&) {
  stopping_ = true;
}

Intake::Feed* Intake::find_feed(std::uint32_t service_id) {
  for (const auto& feed : feeds_) {
    if (feed->feed->service_id == service_id) {
      return feed.get();
    }
  }
  return nullptr;
}

}  // namespace logging
