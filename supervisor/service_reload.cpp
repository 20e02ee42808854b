#include "supervisor/service_reload.h"

#include <fmt/format.h>
#include <signal.h>

#include <utility>

#include "supervisor/config/signal_names.h"

namespace supervisor {

using base::Result;

ServiceReload::ServiceReload(Parts parts) : parts_(std::move(parts)) {
  grow();
}

void ServiceReload::grow() {
  const auto known = static_cast<ServiceId>(reloads_.size());
  reloads_.resize(parts_.services.size());
  for (ServiceId id = known; id < reloads_.size(); ++id) {
    reloads_[id].timer = std::make_unique<base::Timer>(parts_.loop, [this, id] { on_timeout(id); });
  }
}

const std::string& ServiceReload::name(ServiceId service) const {
  return parts_.services[service].config->name;
}

Result<void> ServiceReload::begin(ServiceId service) {
  Reload& reload = reloads_[service];
  if (reload.progress.under_way) {
    return base::fail(base::ErrorCode::kUnavailable,
                      fmt::format("cannot reload {}: a reload is under way", name(service)));
  }
  if (parts_.fleet.service(service).pid() == 0) {
    return base::fail(base::ErrorCode::kUnavailable,
                      fmt::format("cannot reload {}: it is not running", name(service)));
  }
  reload.progress.under_way = true;
  reload.incarnation = parts_.fleet.service(service).incarnation();
  if (parts_.services[service].config->reload.check.empty()) {
    apply(service);
  } else {
    run(service, ServiceHook::kReloadCheck);
  }
  return {};
}

Result<void> ServiceReload::begin_or_repeat(ServiceId service) {
  if (reloads_[service].progress.under_way) {
    reloads_[service].again = true;
    return {};
  }
  return begin(service);
}

void ServiceReload::run(ServiceId service, ServiceHook hook) {
  reloads_[service].hook = hook;
  reloads_[service].timer->start_once(kCommandTimeoutMs);
  parts_.hooks.run(service, hook, {},
                   [this, service](const Result<void>& result) { on_hook_done(service, result); });
}

void ServiceReload::on_hook_done(ServiceId service, const Result<void>& result) {
  reloads_[service].timer->stop();
  if (!result) {
    return end(service, result.error().message);
  }
  if (reloads_[service].hook == ServiceHook::kReloadCheck) {
    return apply(service);
  }
  end(service, "");
}

bool ServiceReload::is_still_up(ServiceId service) const {
  const ServiceMachine& machine = parts_.fleet.service(service);
  return machine.pid() != 0 && machine.incarnation() == reloads_[service].incarnation;
}

void ServiceReload::apply(ServiceId service) {
  if (!is_still_up(service)) {
    return end(service, "it has ended meanwhile");
  }
  const ReloadConfig& config = parts_.services[service].config->reload;
  if (!config.command.empty()) {
    return run(service, ServiceHook::kReloadCommand);
  }
  const bool sent = ::kill(parts_.fleet.service(service).pid(),
                           parse_signal(config.signal).value_or(SIGHUP)) == 0;
  end(service, sent ? "" : base::fail_errno("cannot signal it").value().message);
}

void ServiceReload::on_timeout(ServiceId service) {
  const ServiceHook hook = reloads_[service].hook;
  parts_.hooks.abandon(service, hook);
  end(service,
      fmt::format("{} took longer than {} s", kServiceHookNames[static_cast<std::size_t>(hook)],
                  kCommandTimeoutMs / 1'000));
}

void ServiceReload::end(ServiceId service, std::string error) {
  Progress& progress = reloads_[service].progress;
  progress.under_way = false;
  ++progress.ended;
  progress.error = std::move(error);
  parts_.ended(service);
  if (std::exchange(reloads_[service].again, false) && is_still_up(service)) {
    static_cast<void>(begin(service));  // refused: another one was begun
  }
}

}  // namespace supervisor
