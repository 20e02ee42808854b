#include "logging/router/event_queue.h"

#include "logging/inputs/event_poll.h"

namespace logging {

base::Result<void> EventQueue::open() {
  TRY_ASSIGN(event_, make_event());
  return {};
}

void EventQueue::post(const IntakeEvent& event) {
  {
    const std::scoped_lock lock(mutex_);
    events_.push_back(event);
  }
  ring();
}

void EventQueue::ring() {
  ring_event(event_.get());
}

std::vector<IntakeEvent> EventQueue::take() {
  clear_event(event_.get());
  const std::scoped_lock lock(mutex_);
  std::vector<IntakeEvent> events;
  events.swap(events_);
  return events;
}

}  // namespace logging
