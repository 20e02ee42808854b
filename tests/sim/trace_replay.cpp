#include "tests/sim/trace_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>

#include "supervisor/machine/fleet_trace.h"

namespace sim {
namespace {

using Json = nlohmann::json;
using supervisor::ExitStatus;
using supervisor::HookKind;
using supervisor::ServiceEvent;
using supervisor::ServiceEventKind;
using supervisor::ServiceId;
using supervisor::ServiceRules;

/// Gives the answers of the trace, and notes what becomes of the services.
class ReplayPort final : public supervisor::ServicePort {
 public:
  struct Answer {
    std::string question;
    std::uint64_t answer;
  };
  std::vector<std::string> names;
  std::deque<Answer> answers;
  std::vector<std::string> changes;
  std::string failure;

  void spawn(ServiceId, std::uint32_t) override {}
  void abandon_spawn(ServiceId) override {}
  void signal(ServiceId, pid_t, int, supervisor::StopTo) override {}
  void kill_group(ServiceId, pid_t) override {}
  bool group_alive(pid_t) override { return take("group_alive") != 0; }
  void run_hook(ServiceId, HookKind, std::string_view) override {}
  void abandon_hook(ServiceId, HookKind) override {}
  void start_timer(ServiceId, std::uint64_t, const supervisor::ServiceTimer&) override {}
  void cancel_timer(ServiceId) override {}
  std::uint64_t random() override { return take("random"); }
  void state_changed(ServiceId service, const supervisor::StateChange& change) override {
    changes.push_back(fmt::format("{}: {} -> {}", names[service],
                                  supervisor::service_state_name(change.from),
                                  supervisor::service_state_name(change.to)));
  }
  void ended_for_good(ServiceId, const supervisor::Ending&) override {}

 private:
  std::uint64_t take(std::string_view question) {
    if (answers.empty() || answers.front().question != question) {
      failure = fmt::format("a machine asks for {}, which the trace does not answer", question);
      return 0;
    }
    const std::uint64_t answer = answers.front().answer;
    answers.pop_front();
    return answer;
  }
};

template <typename E>
E choose(const Json& name) {
  const auto names = enum_names(E{});
  const auto found = std::ranges::find(names, name.get<std::string>());
  return static_cast<E>(found - names.begin());
}

ServiceRules read_rules(const Json& service) {
  const Json& json = service.at("rules");
  ServiceRules rules;
  rules.name = service.at("name");
  rules.type = choose<supervisor::ServiceType>(json.at("type"));
  rules.primary = json.at("primary");
  rules.checks.ready = json.at("awaits_ready").get<bool>() ? supervisor::ReadySource::kItself
                                                           : supervisor::ReadySource::kStart;
  if (json.contains("ready_timeout_ns")) {
    rules.ready_timeout_ns = json.at("ready_timeout_ns").get<std::uint64_t>();
  }
  if (json.contains("run_timeout_ns")) {
    rules.run_timeout_ns = json.at("run_timeout_ns").get<std::uint64_t>();
  }
  if (rules.type == supervisor::ServiceType::kScheduled) {
    rules.schedule.emplace();  // a machine only asks whether it has one; when it runs is an event
  }
  rules.unhealthy_then = choose<supervisor::UnhealthyThen>(json.at("unhealthy_then"));
  rules.restart = choose<supervisor::RestartPolicy>(json.at("restart"));
  rules.success_exit_codes = json.at("success_exit_codes").get<std::vector<std::int32_t>>();
  const Json& backoff = json.at("backoff");
  rules.backoff = {.initial = {backoff.at("initial_ns").get<std::uint64_t>()},
                   .factor = backoff.at("factor"),
                   .max = {backoff.at("max_ns").get<std::uint64_t>()},
                   .jitter = backoff.at("jitter"),
                   .reset_after = {backoff.at("reset_after_ns").get<std::uint64_t>()}};
  const Json& limit = json.at("restart_limit");
  rules.restart_limit = {.count = limit.at("count"),
                         .within = {limit.at("within_ns").get<std::uint64_t>()},
                         .then = choose<supervisor::RestartLimitThen>(limit.at("then"))};
  rules.stop_signal = json.at("stop_signal");
  rules.stop_to = choose<supervisor::StopTo>(json.at("stop_to"));
  rules.stop_timeout_ns = json.at("stop_timeout_ns");
  rules.has_stop_command = json.at("has_stop_command");
  rules.has_exit_hook = json.at("has_exit_hook");
  rules.exit_hook_timeout_ns = json.at("exit_hook_timeout_ns");
  rules.sweeps = json.value("sweeps", false);
  return rules;
}

ExitStatus read_exit(const Json& input) {
  if (input.contains("signal")) {
    return ExitStatus::signaled(input.at("signal"));
  }
  if (input.contains("not_started")) {
    return ExitStatus::not_started(input.at("not_started"));
  }
  return ExitStatus::exited(input.value("exit_code", 0));
}

HookKind read_hook(const Json& input) {
  const auto& names = supervisor::kHookNames;
  const auto found = std::ranges::find(names, input.value("hook", std::string(names.front())));
  return static_cast<HookKind>(found - names.begin());
}

ServiceEvent read_event(const Json& input) {
  const auto& names = supervisor::kServiceEventNames;
  const auto found = std::ranges::find(names, input.at("input").get<std::string>());
  return {.kind = static_cast<ServiceEventKind>(found - names.begin()),
          .pid = input.value("pid", 0),
          .group = input.value("group", 0),
          .incarnation = input.value("incarnation", 0U),
          .exit = read_exit(input),
          .text = input.value("text", ""),
          .generation = input.value("generation", std::uint64_t{0}),
          .deadline_ns = input.value("deadline_ns", std::uint64_t{0}),
          .hook = read_hook(input),
          .signal = input.value("stop_signal", 0),
          .held = input.value("held", false)};
}

bool is_answer(const Json& input) {
  return input.contains("answer");
}

class Replay {
 public:
  explicit Replay(const Json& trace) : trace_(trace) {
    for (const Json& service : trace.at("services")) {
      port_.names.push_back(service.at("name"));
      machines_.push_back(std::make_unique<supervisor::ServiceMachine>(
          static_cast<ServiceId>(machines_.size()), read_rules(service), port_));
    }
  }

  Replayed run() {
    const Json& inputs = trace_.at("inputs");
    for (std::size_t i = 0; i < inputs.size() && port_.failure.empty(); ++i) {
      if (!is_answer(inputs[i])) {
        step(inputs, i);
      }
    }
    compare();
    return {port_.failure, trace_.at("complete"), events_, port_.changes};
  }

 private:
  void step(const Json& inputs, std::size_t i) {
    for (std::size_t next = i + 1; next < inputs.size() && is_answer(inputs[next]); ++next) {
      port_.answers.push_back({inputs[next].at("input"), inputs[next].at("answer")});
    }
    ++events_;
    machines_.at(inputs[i].at("service"))->step(read_event(inputs[i]), inputs[i].at("at_ns"));
    if (port_.failure.empty() && !port_.answers.empty()) {
      port_.failure = fmt::format("nobody asks for {}", port_.answers.front().question);
    }
  }

  void compare() {
    for (std::size_t i = 0; i < machines_.size() && port_.failure.empty(); ++i) {
      const Json& told = trace_.at("services")[i];
      const auto state = supervisor::service_state_name(machines_[i]->state());
      if (told.at("state") != state || told.at("restarts") != machines_[i]->restarts()) {
        port_.failure = fmt::format("{} is {} after {} restarts, the trace says {} after {}",
                                    port_.names[i], state, machines_[i]->restarts(),
                                    told.at("state").dump(), told.at("restarts").dump());
      }
    }
  }

  const Json& trace_;
  ReplayPort port_;
  std::vector<std::unique_ptr<supervisor::ServiceMachine>> machines_;
  std::size_t events_ = 0;
};

}  // namespace

Replayed replay_trace(std::string_view json) {
  return Replay(Json::parse(json)).run();
}

}  // namespace sim
