#include "supervisor/control_adapter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "base/accounts.h"
#include "base/clock.h"
#include "base/text.h"
#include "supervisor/config/instances.h"
#include "supervisor/control/health.h"
#include "supervisor/machine/explain.h"
#include "supervisor/machine/trace_json.h"
#include "supervisor/process/signals.h"
#include "supervisor/process/usage.h"
#include "supervisor/router_link/ledger.h"

namespace supervisor {

using base::ErrorCode;
using base::Result;
using logging::Stream;

namespace {

std::string_view fleet_state_name(FleetState state) {
  switch (state) {
    case FleetState::kInit:
      return "starting";
    case FleetState::kRunning:
      return "running";
    case FleetState::kStopping:
    case FleetState::kStopped:
      return "stopping";
  }
  return "stopping";
}

/// A oneshot is ready when it is done, a scheduled one as long as its schedule goes on.
bool is_ready(const ServiceMachine& machine) {
  if (machine.rules().schedule) {
    return machine.is_wanted();
  }
  return machine.state() == ServiceState::kDone || (machine.state() == ServiceState::kRunning &&
                                                    machine.rules().type != ServiceType::kOneshot);
}

/// The machine's own reason; where it has none, what the checks see.
std::string describe_reason(const ServiceMachine& machine, const CheckMachine& checks) {
  if (!machine.reason().empty() || checks.failure().empty()) {
    return machine.reason();
  }
  return fmt::format("{}: {}", checks.healthy() ? "the last check failed" : "unhealthy",
                     checks.failure());
}

void fill_exit(ServiceStatus& status, const ServiceMachine& machine) {
  if (!machine.last_exit()) {
    return;
  }
  const ExitStatus& exit = *machine.last_exit();
  if (exit.kind == ExitKind::kSignaled) {
    status.signal = format_signal(exit.signal);
  } else {
    status.exit_code = exit.code;
  }
}

void fill_schedule(ServiceStatus& status, const ScheduleMachine& schedule) {
  status.skipped_runs = schedule.skipped();
  status.missed_runs = schedule.missed();
  status.next_run_ns = schedule.due_realtime_ns();
  if (schedule.due_ns()) {
    const std::uint64_t now_ns = base::monotonic_ns();
    status.next_run_ns =
        base::realtime_ns() + *schedule.due_ns() - std::min(*schedule.due_ns(), now_ns);
  }
}

void fill_logs(ServiceStatus& status, const logging::RingView& ring) {
  const logging::CommitSlot commit = ring.commit();
  const auto of = [&](Stream stream) {
    const auto index = static_cast<std::size_t>(stream);
    return StreamStatus{.lines = commit.stream_lines[index], .bytes = commit.stream_bytes[index]};
  };
  status.out = of(Stream::kStdout);
  status.err = of(Stream::kStderr);
  status.blocked_s = static_cast<double>(commit.blocked_ns) / double{base::kNsPerSecond};
}

}  // namespace

ControlAdapter::ControlAdapter(Parts parts) : parts_(std::move(parts)) {
  grow();
}

ServiceStatus ControlAdapter::service_status(ServiceId id) const {
  const ServiceMachine& machine = parts_.fleet.service(id);
  const ServiceRules& rules = machine.rules();
  ServiceStatus status;
  status.name = rules.name;
  status.type = enum_names(rules.type)[static_cast<std::size_t>(rules.type)];
  status.state = service_state_name(machine.state());
  status.ready = is_ready(machine);
  status.healthy = parts_.fleet.checks(id).healthy();
  status.said = parts_.effects.status_text(id);
  status.primary = rules.primary;
  status.start_at_boot = rules.start == StartMode::kBoot;
  status.since_ns = parts_.effects.since_realtime_ns(id);
  status.restarts = machine.restarts();
  status.reason = describe_reason(machine, parts_.fleet.checks(id));
  fill_exit(status, machine);
  fill_schedule(status, parts_.fleet.schedule(id));
  if (machine.pid() > 0) {
    status.pid = machine.pid();
    if (const std::optional<ProcessUsage> usage = read_process_usage(machine.pid())) {
      status.memory_bytes = usage->memory_bytes;
      status.cpu_s = usage->cpu_s;
    }
  }
  status.listen = parts_.services[id].config->listen;
  status.fd_store_max = parts_.services[id].config->fd_store;
  std::ranges::transform(parts_.effects.stored_fds(id), std::back_inserter(status.fd_store),
                         &PassedFd::name);
  fill_logs(status, parts_.services[id].logs->view());
  return status;
}

StatusReport ControlAdapter::status() {
  StatusReport report;
  report.pid = ::getpid();
  report.version = BIRL_VERSION;
  report.state = fleet_state_name(parts_.fleet.state());
  report.sequence = parts_.events.newest();
  report.uptime_s =
      static_cast<double>(base::monotonic_ns() - parts_.booted_ns) / double{base::kNsPerSecond};
  for (ServiceId id = 0; id < parts_.fleet.service_count(); ++id) {
    if (is_shown(id)) {
      report.services.push_back(service_status(id));
    }
  }
  if (parts_.router.pid() > 0) {
    report.router.pid = parts_.router.pid();
  }
  report.router.restarts = parts_.router.restarts();
  report.sinks = sink_statuses(parts_.router, parts_.config, parts_.runtime_directory);
  for (const SweptProcess& orphan : parts_.sweeper.orphans()) {
    report.orphans.push_back({.pid = orphan.pid, .command = orphan.command});
  }
  return report;
}

/// Who was removed is seen until it is gone.
bool ControlAdapter::is_shown(ServiceId id) const {
  return !parts_.fleet.is_removed(id) || !parts_.fleet.service(id).at_rest();
}

std::vector<std::string> ControlAdapter::service_names() const {
  std::vector<std::string> names;
  for (ServiceId id = 0; id < parts_.fleet.service_count(); ++id) {
    if (!parts_.fleet.is_removed(id)) {
      names.push_back(parts_.fleet.service(id).rules().name);
    }
  }
  return names;
}

std::vector<std::string> ControlAdapter::learn_groups() {
  groups_.clear();
  std::vector<std::string> unknown;
  for (const auto& [name, service] : parts_.config.services) {
    for (const AllowConfig& allow : service.allow) {
      if (const auto group = base::find_group(allow.group, {})) {
        groups_[allow.group] = *group;
      } else {
        unknown.push_back(allow.group);
      }
    }
  }
  return unknown;
}

bool ControlAdapter::is_allowed(const std::string& service, std::string_view verb,
                                std::span<const gid_t> groups) const {
  const auto config = parts_.config.services.find(service);
  return config != parts_.config.services.end() &&
         std::ranges::any_of(config->second.allow, [&](const AllowConfig& allow) {
           const auto group = groups_.find(allow.group);
           return group != groups_.end() &&
                  std::ranges::find(groups, group->second) != groups.end() &&
                  std::ranges::find(allow.verbs, verb) != allow.verbs.end();
         });
}

std::optional<ServiceProgress> ControlAdapter::progress(const std::string& service) const {
  const std::optional<ServiceId> id = parts_.fleet.find(service);
  if (!id) {
    return std::nullopt;
  }
  const ServiceMachine& machine = parts_.fleet.service(*id);
  ServiceProgress progress;
  progress.state = service_state_name(machine.state());
  progress.ready = is_ready(machine);
  progress.starts = starts_[*id];
  progress.scheduled = machine.rules().schedule.has_value();
  progress.reloads = parts_.reload.progress(*id).ended;
  progress.reload_error = parts_.reload.progress(*id).error;
  progress.reason = describe_reason(machine, parts_.fleet.checks(*id));
  return progress;
}

std::vector<std::string> ControlAdapter::explain(const std::string& service) const {
  const std::optional<ServiceId> id = parts_.fleet.find(service);
  if (!id) {
    return {};
  }
  std::vector<std::string> lines = supervisor::explain(parts_.fleet, *id, base::monotonic_ns());
  const ServiceConfig& config = *parts_.services[*id].config;
  if (!config.listen.empty()) {
    lines.push_back(fmt::format("birl holds its sockets, also while it is down: {}",
                                fmt::join(config.listen, ", ")));
  }
  if (config.fd_store > 0) {
    const std::size_t stored = parts_.effects.stored_fds(*id).size();
    lines.push_back(fmt::format("birl keeps {} of at most {} descriptors for its next start",
                                stored, config.fd_store));
  }
  return lines;
}

std::string ControlAdapter::trace() const {
  return make_trace_json(parts_.fleet, parts_.booted_ns);
}

Result<void> ControlAdapter::start(const std::string& service) {
  return parts_.fleet.start(service, base::monotonic_ns());
}

Result<void> ControlAdapter::stop(const std::string& service) {
  return parts_.fleet.stop(service, base::monotonic_ns());
}

Result<void> ControlAdapter::restart(const std::string& service) {
  return parts_.fleet.restart(service, base::monotonic_ns());
}

Result<void> ControlAdapter::reload(const std::string& service) {
  const std::optional<ServiceId> id = parts_.fleet.find(service);
  return id ? parts_.reload.begin(*id) : Result<void>(no_such_service(service, service_names()));
}

Result<void> ControlAdapter::scale(const std::string& service, std::uint32_t count) {
  if (!parts_.fleet.find(instance_name(service, 1))) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("cannot scale {}: it has no `instances`", service));
  }
  return parts_.scale(service, count);
}

Result<void> ControlAdapter::reload_config() {
  return parts_.config_reload.begin();
}

ConfigReloadProgress ControlAdapter::config_reload() const {
  ConfigReloadProgress progress = parts_.config_reload.progress();
  progress.router_ready = parts_.router.ready();
  return progress;
}

Result<void> ControlAdapter::signal(const std::string& service, const std::string& signal,
                                    SignalTarget target) {
  const std::optional<int> number = parse_signal(signal);
  if (!number) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("cannot send signal {}: there is no such signal", signal));
  }
  const std::optional<ServiceId> id = parts_.fleet.find(service);
  const pid_t pid = id ? parts_.fleet.service(*id).pid() : 0;
  if (pid == 0) {
    return base::fail(ErrorCode::kUnavailable,
                      fmt::format("cannot signal {}: it is not running", service));
  }
  if (::kill(target == SignalTarget::kGroup ? -pid : pid, *number) != 0) {
    return base::fail_errno(fmt::format("cannot signal {}", service));
  }
  return {};
}

base::Unexpected ControlAdapter::no_such_sink(std::string_view what,
                                              const std::string& sink) const {
  std::vector<std::string> names;
  std::ranges::transform(parts_.config.sinks, std::back_inserter(names),
                         [](const auto& entry) { return entry.first; });
  const auto near = base::nearest(sink, names);
  return base::fail(ErrorCode::kNotFound,
                    fmt::format("cannot {} {}: there is no such sink{}", what, sink,
                                near ? fmt::format(" (did you mean {}?)", *near) : ""));
}

Result<void> ControlAdapter::rotate(const std::string& sink) {
  const auto& sinks = parts_.config.sinks;
  const auto found = sinks.find(sink);
  if (!sink.empty() && found == sinks.end()) {
    return no_such_sink("rotate", sink);
  }
  if (!sink.empty() && found->second.type != logging::SinkType::kFile) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("cannot rotate {}: it is no file sink", sink));
  }
  parts_.router.rotate(sink);
  return {};
}

Result<base::Fd> ControlAdapter::tap(const std::string& sink) {
  if (!parts_.config.sinks.contains(sink)) {
    return no_such_sink("tap", sink);
  }
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  TRY(parts_.router.tap(sink, pipe.write));
  return std::move(pipe.read);
}

Result<base::Fd> ControlAdapter::manage_spool(const std::string& sink,
                                              logging::SpoolAction action) {
  const auto found = parts_.config.sinks.find(sink);
  if (found == parts_.config.sinks.end()) {
    return no_such_sink("use", sink);
  }
  if (!is_network(found->second.type)) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("cannot use the spool of {}: it has none", sink));
  }
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  TRY(parts_.router.manage_spool(sink, action, pipe.write));
  return std::move(pipe.read);
}

const ServiceLogs* ControlAdapter::find_logs(const std::string& name) const {
  const auto& all = parts_.router.services();
  const auto found =
      std::ranges::find_if(all, [&](const auto& logs) { return logs->identity().name == name; });
  return found == all.end() ? nullptr : found->get();
}

Result<std::vector<LogSource>> ControlAdapter::log_sources(std::span<const std::string> services) {
  std::vector<std::string> names(services.begin(), services.end());
  if (names.empty()) {
    names = service_names();
  }
  std::vector<LogSource> sources;
  for (const std::string& name : names) {
    const ServiceLogs* logs = find_logs(name);
    if (logs == nullptr) {
      return no_such_service(name, service_names());
    }
    TRY_ASSIGN(base::Fd ring, base::reopen_read_only(logs->ring_fd()));
    sources.push_back({.name = name, .ring = std::move(ring)});
  }
  return sources;
}

Result<void> ControlAdapter::shutdown(std::optional<std::int32_t> exit_code) {
  parts_.fleet.request_shutdown(
      {.exit_code = exit_code, .primary_signal = 0, .reason = "birl shutdown"},
      base::monotonic_ns());
  return {};
}

}  // namespace supervisor
