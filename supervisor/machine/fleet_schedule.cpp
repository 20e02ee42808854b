// When scheduled services run, and what is told of the runs that are not made.
#include <fmt/format.h>

#include <algorithm>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {
namespace {

std::string_view describe_busy(ServiceState state) {
  switch (state) {
    case ServiceState::kWaiting:
      return "the last one waits for other services";
    case ServiceState::kBackoff:
      return "the last one failed and is tried again";
    case ServiceState::kStarting:
    case ServiceState::kRunning:
    case ServiceState::kStopping:
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
      return "the last one still runs";
  }
  return "";
}

std::string describe_missed(const ScheduleMachine::Due& due) {
  const bool is_all = due.missed <= ScheduleLimits::kMissedMax;
  return fmt::format("missed {}{} run{}: the clock was set, or the machine slept{}",
                     is_all ? "" : "at least ", due.missed, due.missed == 1 ? "" : "s",
                     due.run ? "; it runs now" : "");
}

void take_earlier(std::optional<std::uint64_t>& earliest, std::optional<std::uint64_t> other) {
  if (other && (!earliest || *other < *earliest)) {
    earliest = other;
  }
}

}  // namespace

ClockReading FleetMachine::read_clocks(std::uint64_t now_ns) {
  return {.now_ns = now_ns, .realtime_ns = port_.realtime_ns()};
}

void FleetMachine::set_schedule(ServiceId service, const ServiceRules& rules) {
  if (rules.schedule || schedules_[service].armed()) {
    schedules_[service].set_rules(rules.schedule, read_clocks(now_ns_));
    start_schedule_timer(now_ns_);
  }
}

/// Its schedule goes on as long as somebody wants it.
void FleetMachine::pursue_schedule(ServiceId service, std::uint64_t now_ns) {
  const ServiceMachine& machine = *services_[service];
  ScheduleMachine& schedule = schedules_[service];
  if (!machine.rules().schedule && !schedule.armed()) {
    return;
  }
  if (!machine.is_wanted()) {
    schedule.disarm();
  } else if (!schedule.armed()) {
    schedule.arm(read_clocks(now_ns));
  }
  if (machine.waits_for_its_time() && schedule.take_queued()) {
    inputs_.push_back({service, {.kind = ServiceEventKind::kRun}, now_ns});
  }
  start_schedule_timer(now_ns);
}

void FleetMachine::on_schedule_timer(std::uint64_t now_ns) {
  const ClockReading clock = read_clocks(now_ns);
  schedule_due_ns_.reset();
  schedule_realtime_ns_.reset();
  for (ServiceId id = 0; id < services_.size(); ++id) {
    const ScheduleMachine::Due due = schedules_[id].look(clock);
    if (due.missed > 0) {
      port_.run_not_made(id, describe_missed(due));
    }
    if (due.run) {
      make_run(id, now_ns);
    }
  }
  start_schedule_timer(now_ns);
  drain();
}

void FleetMachine::make_run(ServiceId service, std::uint64_t now_ns) {
  const ServiceMachine& machine = *services_[service];
  if (machine.waits_for_its_time()) {
    inputs_.push_back({service, {.kind = ServiceEventKind::kRun}, now_ns});
  } else if (schedules_[service].on_busy() == ScheduleMachine::Busy::kSkipped) {
    port_.run_not_made(service, fmt::format("skipped a run: {}", describe_busy(machine.state())));
  }
}

void FleetMachine::start_schedule_timer(std::uint64_t now_ns) {
  std::optional<std::uint64_t> due_ns;
  std::optional<std::uint64_t> realtime_ns;
  for (const ScheduleMachine& schedule : schedules_) {
    take_earlier(due_ns, schedule.due_ns());
    take_earlier(realtime_ns, schedule.due_realtime_ns());
  }
  if (due_ns == schedule_due_ns_ && realtime_ns == schedule_realtime_ns_) {
    return;
  }
  schedule_due_ns_ = due_ns;
  schedule_realtime_ns_ = realtime_ns;
  const auto left = [now_ns](std::uint64_t due) { return due - std::min(due, now_ns); };
  port_.start_schedule_timer(due_ns ? std::optional(left(*due_ns)) : std::nullopt, realtime_ns);
}

}  // namespace supervisor
