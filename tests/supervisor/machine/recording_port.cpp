#include "tests/supervisor/machine/recording_port.h"

#include <fmt/format.h>

#include "base/text.h"

namespace supervisor {
namespace {

std::string_view timer_name(TimerKind kind) {
  switch (kind) {
    case TimerKind::kBackoff:
      return "backoff";
    case TimerKind::kSpawn:
      return "spawn";
    case TimerKind::kReady:
      return "ready";
    case TimerKind::kStop:
      return "stop";
    case TimerKind::kLinger:
      return "linger";
    case TimerKind::kHook:
      return "hook";
    case TimerKind::kRun:
      return "run";
  }
  return "";
}

std::string_view hook_name(HookKind hook) {
  return kHookNames[static_cast<std::size_t>(hook)];
}

}  // namespace

void RecordingStagePort::add(StageKind stage, std::string_view what) {
  effects_.push_back(fmt::format("{}: {}", stage_name(stage), what));
}
void RecordingStagePort::list_scripts(StageKind stage) {
  add(stage, "list");
}
void RecordingStagePort::start_script(StageKind stage, std::size_t index) {
  add(stage, fmt::format("start {}", index));
}
void RecordingStagePort::abandon(StageKind stage) {
  add(stage, "abandon");
}
void RecordingStagePort::signal_group(StageKind stage, pid_t group, int signal) {
  add(stage, fmt::format("signal {} to group {}", signal, group));
}
void RecordingStagePort::start_timer(StageKind stage, std::uint64_t delay_ns,
                                     std::uint64_t generation) {
  timer_generation = generation;
  timer_delay_ns = delay_ns;
  add(stage, fmt::format("timer {}", base::format_duration(delay_ns)));
}
void RecordingStagePort::cancel_timer(StageKind stage) {
  add(stage, "cancel timer");
}
void RecordingStagePort::script_failed(StageKind stage, std::string_view what) {
  add(stage, fmt::format("failed: {}", what));
}
void RecordingStagePort::stage_ended(StageKind stage, std::string_view failure) {
  ended.push_back(fmt::format("{}{}{}", stage_name(stage), failure.empty() ? "" : ": ", failure));
}

void RecordingPort::run_hook(ServiceId service, HookKind hook, std::string_view reason) {
  effects.push_back(
      fmt::format("{}: run {}{}{}", service, hook_name(hook), reason.empty() ? "" : ", ", reason));
}
void RecordingPort::abandon_hook(ServiceId service, HookKind hook) {
  effects.push_back(fmt::format("{}: abandon {}", service, hook_name(hook)));
}
void RecordingPort::spawn(ServiceId service, std::uint32_t incarnation) {
  effects.push_back(fmt::format("{}: spawn {}", service, incarnation));
  if (on_spawn) {
    on_spawn(service, incarnation);
  }
}
void RecordingPort::abandon_spawn(ServiceId service) {
  effects.push_back(fmt::format("{}: abandon", service));
}
void RecordingPort::signal(ServiceId service, pid_t pid, int signal, StopTo target) {
  effects.push_back(fmt::format("{}: signal {} to {} {}", service, signal,
                                target == StopTo::kGroup ? "group" : "process", pid));
}
void RecordingPort::kill_group(ServiceId service, pid_t group) {
  effects.push_back(fmt::format("{}: kill group {}", service, group));
}
void RecordingPort::start_timer(ServiceId service, std::uint64_t delay_ns,
                                const ServiceTimer& timer) {
  effects.push_back(fmt::format("{}: timer {} {}", service, timer_name(timer.kind),
                                base::format_duration(delay_ns)));
}
void RecordingPort::cancel_timer(ServiceId service) {
  effects.push_back(fmt::format("{}: cancel timer", service));
}
void RecordingPort::state_changed(ServiceId service, const StateChange& change) {
  effects.push_back(fmt::format("{}: {}{}{}", service, service_state_name(change.to),
                                change.reason.empty() ? "" : ", ", change.reason));
}
void RecordingPort::ended_for_good(ServiceId service, const Ending& ending) {
  effects.push_back(fmt::format("{}: ended for good, {}{}", service, ending.exit.container_code(),
                                ending.effect == EndingEffect::kShutdown ? ", shutdown" : ""));
}
void RecordingPort::start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) {
  effects.push_back(fmt::format("{}: check {} {}", service,
                                purpose == CheckPurpose::kReady ? "ready" : "health", number));
}
void RecordingPort::abandon_check(ServiceId service) {
  effects.push_back(fmt::format("{}: abandon check", service));
}
void RecordingPort::start_check_timer(ServiceId service, std::uint64_t delay_ns,
                                      std::uint64_t number) {
  effects.push_back(
      fmt::format("{}: check timer {} {}", service, number, base::format_duration(delay_ns)));
}
void RecordingPort::cancel_check_timer(ServiceId service) {
  effects.push_back(fmt::format("{}: cancel check timer", service));
}
void RecordingPort::became_unhealthy(ServiceId service, std::string_view reason) {
  effects.push_back(fmt::format("{}: {}", service, reason));
}
void RecordingPort::start_schedule_timer(std::optional<std::uint64_t> delay_ns,
                                         std::optional<std::uint64_t> realtime_ns) {
  effects.push_back(
      fmt::format("schedule{}{}{}", delay_ns || realtime_ns ? "" : ": none",
                  delay_ns ? " in " + base::format_duration(*delay_ns) : "",
                  realtime_ns ? " at " + base::format_rfc3339_ms(*realtime_ns).substr(0, 16) : ""));
}
void RecordingPort::run_not_made(ServiceId service, std::string_view why) {
  effects.push_back(fmt::format("{}: {}", service, why));
}
void RecordingPort::start_fleet_timer(std::uint64_t delay_ns, std::uint64_t generation) {
  fleet_timer_generation = generation;
  effects.push_back(fmt::format("give up in {}", base::format_duration(delay_ns)));
}
void RecordingPort::cancel_fleet_timer() {
  effects.emplace_back("cancel give up");
}
void RecordingPort::shutdown_began(std::string_view reason, std::uint64_t deadline_ns) {
  effects.push_back(
      fmt::format("shutdown: {}, until {}", reason, base::format_duration(deadline_ns)));
}
void RecordingPort::all_stopped(int exit_code, std::size_t left_behind) {
  effects.push_back(fmt::format("all stopped, {}{}", exit_code,
                                left_behind == 0 ? "" : fmt::format(", {} left", left_behind)));
}

}  // namespace supervisor
