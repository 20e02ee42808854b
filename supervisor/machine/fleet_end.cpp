// How everything ends: the budget, the second request, the exit code.
#include <fmt/format.h>

#include <algorithm>

#include "supervisor/machine/fleet_machine.h"

namespace supervisor {
namespace {

constexpr std::uint64_t kBudgetMaxNs = 365UL * 24 * 3600 * base::kNsPerSecond;
constexpr std::uint64_t kReserveMaxNs = 5 * base::kNsPerSecond;
constexpr std::uint64_t kLinkShareMaxNs = 1 * base::kNsPerSecond;
constexpr std::uint64_t kKillGraceMaxNs = 1 * base::kNsPerSecond;
constexpr int kExitCodeMask = 0xff;

/// The part of the shutdown's budget that is kept for what follows the services' end.
std::uint64_t make_reserve_ns(std::uint64_t budget_ns) {
  return std::min(budget_ns / 4, kReserveMaxNs);
}

/// How long the kernel may take to end what was killed.
std::uint64_t make_kill_grace_ns(std::uint64_t budget_ns) {
  return std::min(make_reserve_ns(budget_ns) / 2, kKillGraceMaxNs);
}

}  // namespace

FleetRules make_fleet_rules(const BirlConfig& config) {
  return {std::min(config.shutdown_timeout.ns, kBudgetMaxNs),
          config.exit_code,
          config.exit_code_map,
          {}};
}

StageSet make_stage_rules(const InitConfig& init, const FinishConfig& finish) {
  const auto timeout_ns = [](const std::optional<base::Duration>& timeout) {
    return timeout ? std::optional(timeout->ns) : std::nullopt;
  };
  return {StageRules{.kind = StageKind::kInit,
                     .timeout_ns = timeout_ns(init.timeout),
                     .on_failure = init.on_failure},
          StageRules{.kind = StageKind::kBeforeStop,
                     .timeout_ns = timeout_ns(finish.timeout),
                     .on_failure = finish.on_failure},
          StageRules{.kind = StageKind::kFinish,
                     .timeout_ns = timeout_ns(finish.timeout),
                     .on_failure = finish.on_failure}};
}

void FleetMachine::begin_shutdown(const ShutdownRequest& request, std::uint64_t now_ns) {
  state_ = FleetState::kStopping;
  now_ns_ = now_ns;
  const std::uint64_t budget_ns = rules_.shutdown_timeout_ns;
  const std::uint64_t reserve_ns = make_reserve_ns(budget_ns);
  primary_signal_ = request.primary_signal;
  services_deadline_ns_ = now_ns + budget_ns - reserve_ns;
  finish_deadline_ns_ = now_ns + budget_ns - reserve_ns / 2;
  port_.shutdown_began(request.reason, services_deadline_ns_);
  begin_stop_steps();
}

void FleetMachine::stop_services() {
  step_ = StopStep::kServices;
  start_give_up_timer(services_deadline_ns_ + make_kill_grace_ns(rules_.shutdown_timeout_ns),
                      now_ns_);
  const std::vector<std::uint64_t> deadlines_ns = stop_deadlines(services_deadline_ns_, now_ns_);
  for (const auto& service : services_) {
    const int signal = service->rules().primary ? primary_signal_ : 0;
    inputs_.push_back({service->id(),
                       {.kind = ServiceEventKind::kShutdown,
                        .deadline_ns = deadlines_ns[service->id()],
                        .signal = signal},
                       now_ns_});
  }
}

/// Each live dependency in a chain below a service takes a share off the service's time.
std::vector<std::uint64_t> FleetMachine::stop_deadlines(std::uint64_t deadline_ns,
                                                        std::uint64_t now_ns) const {
  std::vector<std::uint64_t> below(services_.size(), 0);  // live services, on the longest chain
  for (const ServiceId id : graph_.order()) {
    for (const Dependency& dependency : graph_.dependencies(id)) {
      const std::uint64_t self = services_[dependency.on]->has_something_to_stop() ? 1 : 0;
      below[id] = std::max(below[id], below[dependency.on] + self);
    }
  }
  const std::uint64_t longest = below.empty() ? 0 : *std::ranges::max_element(below);
  const std::uint64_t left_ns = deadline_ns - std::min(deadline_ns, now_ns);
  const std::uint64_t share_ns = std::min(left_ns / (2 * (longest + 1)), kLinkShareMaxNs);
  for (std::uint64_t& count : below) {
    count = deadline_ns - count * share_ns;
  }
  return below;
}

void FleetMachine::hurry(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  const std::uint64_t due_ns = now_ns + make_kill_grace_ns(rules_.shutdown_timeout_ns);
  finish_deadline_ns_ =
      std::min(finish_deadline_ns_, due_ns + make_kill_grace_ns(rules_.shutdown_timeout_ns));
  hurry_stages();
  follow_stages();
  post_all({.kind = ServiceEventKind::kHurry}, now_ns);
  if (step_ == StopStep::kServices && due_ns < give_up_ns_) {
    start_give_up_timer(due_ns, now_ns);
  }
}

void FleetMachine::start_give_up_timer(std::uint64_t due_ns, std::uint64_t now_ns) {
  give_up_ns_ = due_ns;
  port_.start_fleet_timer(due_ns - std::min(due_ns, now_ns), ++timer_generation_);
}

void FleetMachine::finish() {
  state_ = FleetState::kStopped;
  step_ = StopStep::kNone;
  port_.all_stopped(final_exit_code(), unrested_count());
}

std::size_t FleetMachine::unrested_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(services_, [](const auto& service) { return !service->at_rest(); }));
}

void FleetMachine::decide(DecidedBy by, std::int32_t exit_code) {
  if (decided_by_ == DecidedBy::kNobody) {
    decided_by_ = by;
    decided_code_ = exit_code;
  }
}

int FleetMachine::final_exit_code() const {
  if (decided_by_ == DecidedBy::kRequest) {
    return decided_code_ & kExitCodeMask;
  }
  if (rules_.exit_code) {
    return *rules_.exit_code & kExitCodeMask;
  }
  const std::int32_t code = decided_by_ == DecidedBy::kService ? decided_code_ : stopped_code();
  const auto mapped = rules_.exit_code_map.find(fmt::format("{}", code));
  const int told = (mapped != rules_.exit_code_map.end() ? mapped->second : code) & kExitCodeMask;
  const auto& finish = stages_[static_cast<std::size_t>(StageKind::kFinish)];
  const bool finish_failed = finish && finish->result() == StageMachine::Result::kFailed;
  return told == 0 && finish_failed ? finish->exit_code() & kExitCodeMask : told;
}

/// Nobody decided: the code of a primary that was stopped before, or 0.
std::int32_t FleetMachine::stopped_code() const {
  const auto found = std::ranges::find_if(services_, [this](const auto& service) {
    return !removed_[service->id()] && service->rules().primary && service->last_exit().has_value();
  });
  return found != services_.end() ? (*found)->last_exit()->container_code() : 0;
}

}  // namespace supervisor
