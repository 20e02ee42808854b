#include "supervisor/service_starter.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "supervisor/config/capability_names.h"
#include "supervisor/machine/exit_status.h"
#include "supervisor/process/command_argv.h"

namespace supervisor {

using base::Result;

namespace {

std::uint64_t capability_bits(const std::vector<std::string>& names) {
  std::uint64_t bits = 0;
  for (const std::string& name : names) {
    if (const std::optional<int> capability = parse_capability(name)) {
      bits |= std::uint64_t{1} << static_cast<unsigned>(*capability);
    }
  }
  return bits;
}

std::vector<ResourceSetting> make_limits(const LimitsConfig& limits) {
  const std::array<std::pair<int, const std::optional<ResourceLimit>*>, 7> all{
      {{RLIMIT_NOFILE, &limits.open_files},
       {RLIMIT_CORE, &limits.core},
       {RLIMIT_NPROC, &limits.processes},
       {RLIMIT_MEMLOCK, &limits.memory_lock},
       {RLIMIT_FSIZE, &limits.file_size},
       {RLIMIT_STACK, &limits.stack},
       {RLIMIT_AS, &limits.address_space}}};
  std::vector<ResourceSetting> settings;
  for (const auto& [resource, limit] : all) {
    if (*limit) {
      settings.push_back({resource, (*limit)->value});
    }
  }
  return settings;
}

SpawnRequest make_spawn_request(const StartRequest& start, StrictIdentity strict) {
  const ServiceConfig& config = *start.service.config;
  SpawnRequest request;
  request.name = start.name;
  request.argv = command_argv(start.command);
  request.directory = config.directory;
  if (config.umask) {
    request.umask = static_cast<mode_t>(config.umask->bits);
  }
  request.nice = config.nice;
  request.oom_score_adjust = config.oom_score_adjust;
  request.limits = make_limits(config.limits);
  if (config.capabilities.keep) {
    request.capabilities.keep = capability_bits(*config.capabilities.keep);
  }
  request.capabilities.ambient = capability_bits(config.capabilities.ambient);
  request.no_new_privileges = config.no_new_privileges;
  request.strict_identity = strict == StrictIdentity::kYes;
  return request;
}

/// `extra` wins over entries of the same name.
void add_environment(std::vector<std::string>& environment, const std::vector<std::string>& extra) {
  for (const std::string& entry : extra) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('=') + 1);
    std::erase_if(environment, [&](const std::string& old) { return old.starts_with(name); });
    environment.push_back(entry);
  }
}

}  // namespace

Result<std::unique_ptr<ServiceStarter>> ServiceStarter::open(Parts parts) {
  std::unique_ptr<ServiceStarter> starter(new ServiceStarter(std::move(parts)));
  starter->dev_null_ = base::Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!starter->dev_null_.valid()) {
    return base::fail_errno("cannot open /dev/null");
  }
  return starter;
}

PreparationRequest ServiceStarter::preparation_request(const ServiceConfig& config) const {
  return {.config = config,
          .container_environment = parts_.container_environment,
          .environment_directory = parts_.environment_directory,
          .socket_path = parts_.socket_path,
          .strict = parts_.strict};
}

ServiceStarter::StartId ServiceStarter::begin(const StartRequest& request, Done done) {
  const StartId id = ++last_id_;
  starts_[id].done = std::move(done);
  begin_preparing(id, request);
  return id;
}

ServiceStarter::StartId ServiceStarter::prepare(const StartRequest& request, Prepared prepared) {
  const StartId id = ++last_id_;
  starts_[id].prepared = std::move(prepared);
  begin_preparing(id, request);
  return id;
}

void ServiceStarter::begin_preparing(StartId id, const StartRequest& request) {
  Start& start = starts_[id];
  start.service = &request.service;
  start.request = make_spawn_request(request, parts_.strict);
  start.extra_environment = request.extra_environment;
  start.is_service = request.is_service;
  start.equip = request.equip;
  start.cloned = request.cloned;
  start.last_resort = request.last_resort;
  const ServiceConfig& config = *request.service.config;
  if (!touches_files(config)) {
    return on_prepared(id, prepare_start(preparation_request(config)));
  }
  const auto work = [&] { return encode_preparation(prepare_start(preparation_request(config))); };
  Result<pid_t> helper = parts_.helpers.run(work, [this, id](HelperChild::Answer answer) {
    on_prepared(id, answer ? decode_preparation(*answer)
                           : Result<Preparation>(tl::unexpected(std::move(answer).error())));
  });
  if (helper) {
    start.preparing = *helper;
  } else {
    fail(id, std::move(helper).error());
  }
}

void ServiceStarter::on_prepared(StartId id, Result<Preparation> prepared) {
  const auto found = starts_.find(id);
  if (found == starts_.end()) {
    return;
  }
  Start& start = found->second;
  start.preparing = 0;
  if (!prepared) {
    base::Error error = std::move(prepared).error();
    error.message = fmt::format("cannot start {}: {}", start.request.name, error.message);
    return fail(id, std::move(error));
  }
  for (const std::string& note : prepared->notes) {
    warn_once(fmt::format("{}: {}", start.request.name, note));
  }
  if (start.prepared) {
    return hand_over(id, start, *std::move(prepared));
  }
  Result<pid_t> pid = launch(id, start, *std::move(prepared));
  if (!pid) {
    fail(id, std::move(pid).error());
  }
}

Launcher::Done ServiceStarter::finisher(StartId id) {
  return [this, id](const SpawnOutcome& outcome) { finish(id, outcome); };
}

Result<pid_t> ServiceStarter::launch_on_pipes(StartId id, const Start& start,
                                              SpawnRequest& request) {
  const uid_t uid = request.identity ? request.identity->uid : ::geteuid();
  const gid_t gid = request.identity ? request.identity->gid : ::getegid();
  TRY_ASSIGN(const IncarnationPipes pipes, start.service->logs->open_incarnation(uid, gid));
  parts_.router.announce_pipes(*start.service->logs, pipes.incarnation);
  const base::Regexes& awaited = start.service->config->ready.log_line;
  if (start.is_service && !awaited.empty()) {
    parts_.router.await_line(*start.service->logs, pipes.incarnation, awaited.items);
  }
  request.fds.push_back({.source = pipes.stdout_write.get(), .target = STDOUT_FILENO});
  request.fds.push_back({.source = pipes.stderr_write.get(), .target = STDERR_FILENO});
  if (!start.is_service || !start.service->keeps_stdin) {
    request.fds.push_back({.source = dev_null_.get(), .target = STDIN_FILENO});
  }
  return parts_.launcher.launch(request, finisher(id));
}

SpawnRequest ServiceStarter::complete_request(Start& start, Preparation prepared) {
  SpawnRequest request = std::move(start.request);
  request.identity = std::move(prepared.identity);
  request.environment = std::move(prepared.environment);
  add_environment(request.environment, start.extra_environment);
  return request;
}

void ServiceStarter::hand_over(StartId id, Start& start, Preparation prepared) {
  SpawnRequest request = complete_request(start, std::move(prepared));
  const Prepared take = std::move(start.prepared);
  starts_.erase(id);
  take(std::move(request));
}

Result<pid_t> ServiceStarter::launch(StartId id, Start& start, Preparation prepared) {
  SpawnRequest request = complete_request(start, std::move(prepared));
  base::Fd kept;
  if (start.equip) {
    TRY_ASSIGN(kept, start.equip(request));
  }
  const ServiceSlot& slot = *start.service;
  if (start.is_service && slot.stdio == StdioMode::kInherit) {
    request.terminal = slot.terminal;  // its descriptors 0 to 2 are birl's own
    TRY_ASSIGN(start.launching, parts_.launcher.launch(request, finisher(id)));
  } else {
    TRY_ASSIGN(start.launching, launch_on_pipes(id, start, request));
  }
  start.request.name = std::move(request.name);
  if (start.cloned) {
    start.cloned(start.launching);
  }
  if (start.last_resort) {
    start.last_resort->pid = start.launching;
    if (const Result<void> added = last_resort_add(*start.last_resort); !added) {
      warn_once(added.error().message);
    }
  }
  return start.launching;
}

void ServiceStarter::finish(StartId id, const SpawnOutcome& outcome) {
  const auto found = starts_.find(id);
  if (found == starts_.end()) {
    return;
  }
  const Start start = std::move(found->second);
  starts_.erase(found);
  for (const std::string& note : outcome.notes) {
    warn_once(fmt::format("{}: {}", start.request.name, note));
  }
  start.done(start.launching, outcome);
}

void ServiceStarter::fail(StartId id, base::Error error) {
  if (const auto found = starts_.find(id); found != starts_.end() && found->second.prepared) {
    const Prepared take = std::move(found->second.prepared);
    starts_.erase(found);
    return take(tl::unexpected(std::move(error)));
  }
  SpawnOutcome outcome;
  outcome.exit_code = kCodeNotExecutable;
  outcome.error = std::move(error);
  finish(id, outcome);
}

void ServiceStarter::abandon(StartId id) {
  const auto found = starts_.find(id);
  if (found != starts_.end()) {
    parts_.helpers.abandon(found->second.preparing);
    parts_.launcher.abandon(found->second.launching);
    starts_.erase(found);
  }
}

void ServiceStarter::warn_once(const std::string& note) {
  if (notes_told_.insert(note).second) {
    parts_.diag.warn("{}", note);
  }
}

}  // namespace supervisor
