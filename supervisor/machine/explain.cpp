#include "supervisor/machine/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace supervisor {
namespace {

/// To the millisecond: nobody reads more.
std::string format_span(std::uint64_t from_ns, std::uint64_t to_ns) {
  const std::uint64_t span_ns = to_ns - std::min(from_ns, to_ns);
  return base::format_duration(span_ns / base::kNsPerMs * base::kNsPerMs);
}

std::string describe_state(const ServiceMachine& machine) {
  const std::string_view name = service_state_name(machine.state());
  return machine.reason().empty() ? std::string(name)
                                  : fmt::format("{}: {}", name, machine.reason());
}

std::string_view verb_of(DependencyKind kind) {
  switch (kind) {
    case DependencyKind::kAfter:
      return "comes after";
    case DependencyKind::kWants:
      return "wants";
    case DependencyKind::kRequires:
      return "requires";
  }
  return "";
}

std::string_view describe_timer(TimerKind kind) {
  switch (kind) {
    case TimerKind::kBackoff:
      return "it is started again";
    case TimerKind::kSpawn:
      return "its start counts as stuck";
    case TimerKind::kReady:
      return "it counts as crashed, unless it is ready";
    case TimerKind::kStop:
      return "it gets KILL";
    case TimerKind::kLinger:
      return "its group is looked at again";
    case TimerKind::kHook:
      return "its on_exit gets KILL";
    case TimerKind::kRun:
      return "its run has had its time";
  }
  return "";
}

void explain_checks(std::vector<std::string>& lines, const CheckMachine& checks,
                    std::uint64_t now_ns) {
  if (!checks.purpose()) {
    return;
  }
  const bool is_ready = checks.purpose() == CheckPurpose::kReady;
  lines.push_back(fmt::format(
      "its {} is looked at: {}{}", is_ready ? "readiness" : "health",
      checks.failure().empty() ? "no failure" : "the last failure: ", checks.failure()));
  if (!is_ready && !checks.failure().empty()) {
    lines.push_back(fmt::format("failures that count in a row: {}", checks.failures()));
  }
  if (checks.due_ns() != 0) {
    lines.push_back(fmt::format(
        "{} in {}", checks.checking() ? "the check under way is killed" : "the next look is",
        format_span(now_ns, checks.due_ns())));
  }
}

void explain_schedule(std::vector<std::string>& lines, const ScheduleMachine& schedule,
                      std::uint64_t now_ns) {
  if (const auto due_ns = schedule.due_realtime_ns()) {
    lines.push_back(fmt::format("its next run: {}", base::format_rfc3339_ms(*due_ns)));
  } else if (schedule.due_ns()) {
    lines.push_back(fmt::format("its next run: in {}", format_span(now_ns, *schedule.due_ns())));
  }
  if (schedule.skipped() != 0) {
    lines.push_back(
        fmt::format("runs skipped since the last one was not over: {}", schedule.skipped()));
  }
  if (schedule.missed() != 0) {
    lines.push_back(fmt::format("runs missed, for the clock was set or the machine slept: {}",
                                schedule.missed()));
  }
}

}  // namespace

std::vector<std::string> explain(const FleetMachine& fleet, ServiceId service,
                                 std::uint64_t now_ns) {
  const ServiceMachine& machine = fleet.service(service);
  std::vector<std::string> lines{
      fmt::format("{} is {}", machine.rules().name, describe_state(machine)),
      fmt::format("so for {}", format_span(machine.since_ns(), now_ns))};
  for (const Dependency& dependency : fleet.graph().dependencies(service)) {
    const ServiceMachine& other = fleet.service(dependency.on);
    lines.push_back(fmt::format("it {} {}, which is {}", verb_of(dependency.kind),
                                other.rules().name, describe_state(other)));
  }
  explain_checks(lines, fleet.checks(service), now_ns);
  explain_schedule(lines, fleet.schedule(service), now_ns);
  if (machine.last_exit()) {
    lines.push_back(fmt::format("its last run: {}", machine.last_exit()->describe()));
  }
  if (machine.restarts() != 0) {
    lines.push_back(fmt::format("restarts: {}", machine.restarts()));
  }
  if (machine.timer()) {
    lines.push_back(fmt::format("{} in {}", describe_timer(machine.timer()->kind),
                                format_span(now_ns, machine.timer()->due_ns)));
  }
  return lines;
}

}  // namespace supervisor
