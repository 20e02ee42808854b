#include "supervisor/hook_runner.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

namespace supervisor {

using base::Result;

namespace {

std::string hook_name(ServiceHook hook, const std::string& service) {
  return fmt::format("{} of {}", kServiceHookNames[static_cast<std::size_t>(hook)], service);
}

}  // namespace

const Command& HookRunner::command(const Key& key) const {
  const ServiceConfig& config = *services_[key.first].config;
  switch (key.second) {
    case ServiceHook::kReady:
      return config.on_ready;
    case ServiceHook::kExit:
      return config.on_exit;
    case ServiceHook::kStop:
      return config.stop.command;
    case ServiceHook::kReloadCheck:
      return config.reload.check;
    case ServiceHook::kReloadCommand:
      return config.reload.command;
  }
  return config.on_exit;
}

void HookRunner::run(ServiceId service, ServiceHook hook,
                     const std::vector<std::string>& extra_environment, Done done) {
  abandon(service, hook);
  const Key key{service, hook};
  runs_[key].done = std::move(done);
  const ServiceSlot& slot = services_[service];
  const ServiceStarter::StartId start = starter_.begin(
      {.service = slot,
       .name = hook_name(hook, slot.config->name),
       .command = command(key),
       .extra_environment = extra_environment},
      [this, key](pid_t pid, const SpawnOutcome& outcome) { on_outcome(key, pid, outcome); });
  if (const auto found = runs_.find(key); found != runs_.end()) {
    found->second.start = start;
  }
}

void HookRunner::on_outcome(const Key& key, pid_t pid, const SpawnOutcome& outcome) {
  if (outcome.started) {
    runs_[key].pid = pid;
  } else {
    finish(key, tl::unexpected(outcome.error));
  }
}

bool HookRunner::busy() const {
  return std::ranges::any_of(runs_, [](const auto& entry) {
    const ServiceHook hook = entry.first.second;
    return entry.second.pid == 0 || hook == ServiceHook::kReloadCheck ||
           hook == ServiceHook::kReloadCommand;
  });
}

std::vector<KeptHook> HookRunner::take_state() const {
  std::vector<KeptHook> hooks;
  for (const auto& [key, run] : runs_) {
    if (run.pid > 0 && key.second <= ServiceHook::kStop) {
      hooks.push_back(
          {.service = key.first, .hook = static_cast<std::uint8_t>(key.second), .pid = run.pid});
    }
  }
  return hooks;
}

void HookRunner::restore(const KeptHook& hook, Done done) {
  runs_[{hook.service, static_cast<ServiceHook>(hook.hook)}] = {
      .start = 0, .pid = hook.pid, .done = std::move(done)};
}

bool HookRunner::on_child_exited(pid_t pid, const ExitStatus& exit) {
  const auto found =
      std::ranges::find_if(runs_, [pid](const auto& entry) { return entry.second.pid == pid; });
  if (found == runs_.end()) {
    return false;
  }
  const Key key = found->first;
  const bool success = exit.kind == ExitKind::kExited && exit.code == 0;
  finish(key, success
                  ? Result<void>()
                  : base::fail(base::ErrorCode::kUnavailable,
                               fmt::format("{}: {}",
                                           hook_name(key.second, services_[key.first].config->name),
                                           exit.describe())));
  return true;
}

void HookRunner::finish(const Key& key, Result<void> result) {
  const auto found = runs_.find(key);
  if (found != runs_.end()) {
    const Done done = std::move(found->second.done);
    runs_.erase(found);
    done(std::move(result));
  }
}

void HookRunner::abandon(ServiceId service, ServiceHook hook) {
  const auto found = runs_.find({service, hook});
  if (found == runs_.end()) {
    return;
  }
  if (found->second.pid > 0) {
    ::kill(-found->second.pid, SIGKILL);
  }
  starter_.abandon(found->second.start);
  runs_.erase(found);
}

}  // namespace supervisor
