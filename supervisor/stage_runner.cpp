#include "supervisor/stage_runner.h"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "base/clock.h"

namespace supervisor {

using base::Result;

StageRunner::StageRunner(Parts parts) : parts_(std::move(parts)) {
  for (std::size_t index = 0; index < stages_.size(); ++index) {
    const auto kind = static_cast<StageKind>(index);
    Stage& stage = stages_[index];
    auto config = std::make_unique<ServiceConfig>();
    config->name = stage_name(kind);
    stage.slot.config = std::move(config);
    stage.timer = std::make_unique<base::Timer>(parts_.loop, [this, kind] {
      fleet_->on_stage_timer(kind, at(kind).timer_generation, base::monotonic_ns());
    });
    stage.answer_timer = std::make_unique<base::Timer>(parts_.loop, [this, kind] {
      if (const auto answer = std::exchange(at(kind).answer, nullptr)) {
        answer();
      }
    });
  }
}

void StageRunner::tell(StageKind kind, std::string_view event, std::string_view reason) const {
  parts_.tell({.event = event, .reason = std::string(reason), .stage = stage_name(kind)});
}

void StageRunner::answer_later(StageKind kind, std::function<void()> answer) {
  at(kind).answer = std::move(answer);
  at(kind).answer_timer->start_once(0);
}

void StageRunner::list_scripts(StageKind kind) {
  tell(kind, "stage_begin", "");
  const std::string& directory = parts_.directories[static_cast<std::size_t>(kind)];
  const auto work = [&] { return encode_scripts(supervisor::list_scripts(directory)); };
  Result<pid_t> helper = parts_.helpers.run(work, [this, kind](HelperChild::Answer answer) {
    on_list(kind, answer ? decode_scripts(*answer)
                         : Result<std::vector<Script>>(tl::unexpected(std::move(answer).error())));
  });
  if (helper) {
    at(kind).helper = *helper;
  } else {
    answer_later(kind,
                 [this, kind, error = helper.error()] { on_list(kind, tl::unexpected(error)); });
  }
}

void StageRunner::on_list(StageKind kind, Result<std::vector<Script>> scripts) {
  Stage& stage = at(kind);
  stage.helper = 0;
  if (scripts && !scripts->empty()) {
    Result<ServiceLogs*> logs = parts_.open_logs(*stage.slot.config);
    if (logs) {
      stage.slot.logs = *logs;
    } else {
      scripts = tl::unexpected(std::move(logs).error());
    }
  }
  const std::uint64_t now_ns = base::monotonic_ns();
  if (!scripts) {
    return fleet_->on_stage_list_failed(kind, scripts.error().message, now_ns);
  }
  std::vector<std::string> names;
  for (const Script& script : *scripts) {
    names.push_back(script.name);
  }
  stage.scripts = *std::move(scripts);
  fleet_->on_stage_listed(kind, std::move(names), now_ns);
}

void StageRunner::start_script(StageKind kind, std::size_t index) {
  Stage& stage = at(kind);
  const Script& script = stage.scripts[index];
  parts_.diag.debug("{}: {}", stage_name(kind), script.name);
  stage.command = {.argv = script.argv};
  stage.start = parts_.starter.begin(
      {.service = stage.slot,
       .name = script.name,
       .command = stage.command,
       .extra_environment = {fmt::format("BIRL_ENVIRONMENT={}", parts_.environment_directory)}},
      [this, kind](pid_t pid, const SpawnOutcome& outcome) { on_outcome(kind, pid, outcome); });
}

void StageRunner::on_outcome(StageKind kind, pid_t pid, const SpawnOutcome& outcome) {
  if (outcome.started) {
    return fleet_->on_script_started(kind, pid);
  }
  answer_later(kind, [this, kind, code = outcome.exit_code, why = outcome.error.message] {
    fleet_->on_script_start_failed(kind, code, why, base::monotonic_ns());
  });
}

void StageRunner::abandon(StageKind kind) {
  Stage& stage = at(kind);
  parts_.helpers.abandon(std::exchange(stage.helper, 0));
  parts_.starter.abandon(stage.start);
  stage.answer = nullptr;
}

void StageRunner::signal_group(StageKind /*kind*/, pid_t group, int signal) {
  ::kill(-group, signal);
}

void StageRunner::start_timer(StageKind kind, std::uint64_t delay_ns, std::uint64_t generation) {
  at(kind).timer_generation = generation;
  at(kind).timer->start_once(base::to_timer_ms(delay_ns));
}

void StageRunner::cancel_timer(StageKind kind) {
  at(kind).timer->stop();
}

void StageRunner::script_failed(StageKind kind, std::string_view what) {
  parts_.diag.warn("{}: {}", stage_name(kind), what);
  tell(kind, "script_failed", what);
}

void StageRunner::stage_ended(StageKind kind, std::string_view failure) {
  tell(kind, "stage_end", failure);
}

}  // namespace supervisor
