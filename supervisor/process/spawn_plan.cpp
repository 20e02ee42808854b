#include "supervisor/process/spawn_plan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "supervisor/config/capability_names.h"

namespace supervisor {

namespace {

constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* kShell = "/bin/sh";

std::string_view find_path_variable(const std::vector<std::string>& environment) {
  constexpr std::string_view kName = "PATH=";
  const auto found = std::ranges::find_if(
      environment, [&](const std::string& entry) { return entry.starts_with(kName); });
  return found == environment.end() ? kDefaultPath : std::string_view(*found).substr(kName.size());
}

std::vector<const char*> make_pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& string : strings) {
    pointers.push_back(string.c_str());
  }
  pointers.push_back(nullptr);
  return pointers;
}

bool has_own_ids(const Identity& identity) {
  std::array<uid_t, 3> uids{};
  std::array<gid_t, 3> gids{};
  ::getresuid(&uids[0], &uids[1], &uids[2]);
  ::getresgid(&gids[0], &gids[1], &gids[2]);
  return std::ranges::count(uids, identity.uid) == 3 && std::ranges::count(gids, identity.gid) == 3;
}

/// birl's own ids are asked for: then there is nothing to set (and, as an ordinary user, no right
/// to set it).
bool is_own_identity(const Identity& identity) {
  if (!has_own_ids(identity)) {
    return false;
  }
  std::vector<gid_t> own(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(own.size()), own.data());
  own.resize(static_cast<std::size_t>(std::max(0, count)));
  std::vector<gid_t> wanted = identity.groups;
  std::ranges::sort(own);
  std::ranges::sort(wanted);
  return own == wanted;
}

std::string describe_exec_error(const SpawnReport& report) {
  if (report.step == SpawnStep::kInterpreter) {
    return "the file exists, but what its #! line names (or its dynamic loader) does not";
  }
  switch (report.sys_errno) {
    case ENOENT:
      return "no such file";
    case EACCES:
      return "permission denied (is it executable, and its file system not mounted noexec?)";
    case EISDIR:
      return "is a directory";
    case E2BIG:
      return "arguments and environment are too long";
    default:
      return base::describe_errno(report.sys_errno);
  }
}

std::string describe_limit(const ResourceSetting& setting) {
  constexpr std::array<std::pair<int, std::string_view>, 7> kNames{{{RLIMIT_NOFILE, "open_files"},
                                                                    {RLIMIT_CORE, "core"},
                                                                    {RLIMIT_NPROC, "processes"},
                                                                    {RLIMIT_MEMLOCK, "memory_lock"},
                                                                    {RLIMIT_FSIZE, "file_size"},
                                                                    {RLIMIT_STACK, "stack"},
                                                                    {RLIMIT_AS, "address_space"}}};
  const auto found =
      std::ranges::find(kNames, setting.resource, &std::pair<int, std::string_view>::first);
  return fmt::format("set the limit {} to {}", found == kNames.end() ? "?" : found->second,
                     setting.value == RLIM_INFINITY ? "unlimited" : std::to_string(setting.value));
}

bool is_not_found(const SpawnReport& report) {
  return report.step >= SpawnStep::kExec &&
         (report.sys_errno == ENOENT || report.sys_errno == ENOTDIR);
}

}  // namespace

std::vector<std::string> make_candidates(const std::string& program, std::string_view path) {
  if (program.empty() || program.find('/') != std::string::npos) {
    return {program};
  }
  std::vector<std::string> candidates;
  for (const std::string_view directory : base::split(path, ':')) {
    candidates.push_back(directory.empty() ? program : fmt::format("{}/{}", directory, program));
  }
  return candidates;
}

SpawnPlan::SpawnPlan(SpawnRequest request, std::optional<rlimit> open_files)
    : request_(std::move(request)), open_files_(open_files) {}

base::Result<std::vector<base::Fd>> SpawnPlan::prepare(int report_fd) {
  std::vector<base::Fd> moved;
  int above_targets = 3;
  for (const FdPlacement& placement : request_.fds) {
    above_targets = std::max(above_targets, placement.target + 1);
  }
  const auto clear_of_targets = [&](int fd) -> base::Result<int> {
    if (std::ranges::find(request_.fds, fd, &FdPlacement::target) == request_.fds.end()) {
      return fd;
    }
    base::Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, above_targets));
    if (!copy.valid()) {
      return base::fail_errno(fmt::format("cannot move descriptor {}", fd));
    }
    return moved.emplace_back(std::move(copy)).get();
  };
  for (const FdPlacement& placement : request_.fds) {
    ChildPlacement& placed = placements_.emplace_back(
        ChildPlacement{.source = placement.source, .target = placement.target});
    if (placement.source != placement.target) {
      TRY_ASSIGN(placed.source, clear_of_targets(placement.source));
    }
  }
  TRY_ASSIGN(child_.report_fd, clear_of_targets(report_fd));
  if (request_.executable >= 0) {
    TRY_ASSIGN(child_.executable_fd, clear_of_targets(request_.executable));
  }
  child_.placements = placements_.data();
  child_.placement_count = placements_.size();
  prepare_command();
  prepare_attributes();
  return moved;
}

void SpawnPlan::prepare_command() {
  candidates_ = request_.executable >= 0
                    ? std::vector{fmt::format("/proc/self/fd/{}", child_.executable_fd)}
                    : make_candidates(request_.argv[0], find_path_variable(request_.environment));
  candidate_pointers_ = make_pointers(candidates_);
  argv_ = make_pointers(request_.argv);
  envp_ = make_pointers(request_.environment);
  if (!request_.own_pid_variable.empty()) {
    own_pid_ = request_.own_pid_variable + "=";
    const std::size_t digits = own_pid_.size();
    own_pid_.resize(digits + kPidDigits + 1);
    child_.own_pid = own_pid_.data() + digits;
    envp_.insert(envp_.begin(), own_pid_.data());
  }
  shell_argv_ = {kShell, nullptr};
  shell_argv_.insert(shell_argv_.end(), argv_.begin() + 1, argv_.end());
  child_.argv = argv_.data();
  child_.envp = envp_.data();
  child_.candidates = candidate_pointers_.data();
  child_.candidate_count = candidates_.size();
  child_.shell_argv = shell_argv_.data();
}

void SpawnPlan::prepare_attributes() {
  child_.directory = request_.directory.empty() ? nullptr : request_.directory.c_str();
  child_.umask = request_.umask ? &*request_.umask : nullptr;
  child_.nice = request_.nice ? &*request_.nice : nullptr;
  prepare_limits();
  child_.keep_capabilities = request_.capabilities.keep
                                 ? *request_.capabilities.keep | request_.capabilities.ambient
                                 : ~std::uint64_t{0};
  child_.ambient_capabilities = request_.capabilities.ambient;
  child_.no_new_privileges = request_.no_new_privileges;
  child_.strict_identity = request_.strict_identity;
  child_.terminal = static_cast<ChildTerminal>(request_.terminal);
  if (request_.identity && !is_own_identity(*request_.identity)) {
    child_.set_identity = true;
    child_.uid = request_.identity->uid;
    child_.gid = request_.identity->gid;
    child_.groups = request_.identity->groups.data();
    child_.group_count = request_.identity->groups.size();
  }
}

void SpawnPlan::prepare_limits() {
  bool limits_open_files = false;
  for (const ResourceSetting& setting : request_.limits) {
    limits_.push_back({setting.resource, {.rlim_cur = setting.value, .rlim_max = setting.value}});
    limits_open_files = limits_open_files || setting.resource == RLIMIT_NOFILE;
  }
  child_.limits = limits_.data();
  child_.limit_count = limits_.size();
  child_.open_files = open_files_ && !limits_open_files ? &*open_files_ : nullptr;
  if (request_.oom_score_adjust) {
    oom_score_ = std::to_string(*request_.oom_score_adjust);
    child_.oom_score = oom_score_.data();
    child_.oom_score_bytes = oom_score_.size();
  }
}

void SpawnPlan::add_report(const SpawnReport& report, SpawnOutcome& outcome) const {
  if (report.fatal == 0) {
    outcome.notes.push_back(describe_step(report));
    return;
  }
  outcome.started = false;
  outcome.exit_code = is_not_found(report) ? kExitNotFound : kExitNotExecutable;
  outcome.error = base::fail_errno("", report.sys_errno).value();
  outcome.error.message =
      fmt::format("cannot start {}: {}", request_.name, describe_failure(report));
}

std::string SpawnPlan::describe_failure(const SpawnReport& report) const {
  if (report.step != SpawnStep::kExec && report.step != SpawnStep::kInterpreter) {
    return describe_step(report);
  }
  if (candidates_.size() > 1 && report.step == SpawnStep::kExec && is_not_found(report)) {
    return fmt::format("no {} in PATH ({})", request_.argv[0],
                       find_path_variable(request_.environment));
  }
  const auto index = static_cast<std::size_t>(report.index);
  return fmt::format("{}: {}", index < candidates_.size() ? candidates_[index] : request_.argv[0],
                     describe_exec_error(report));
}

/// "cannot ...: errno".
std::string SpawnPlan::describe_step(const SpawnReport& report) const {
  const auto cannot = [&](std::string_view what) {
    return fmt::format("cannot {}: {}", what, base::describe_errno(report.sys_errno));
  };
  switch (report.step) {
    case SpawnStep::kDirectory:
      return cannot(fmt::format("enter {}", request_.directory));
    case SpawnStep::kNice:
      return cannot(fmt::format("set nice to {}", request_.nice.value_or(0)));
    case SpawnStep::kGroups:
      return cannot(fmt::format("set its groups to {}", fmt::join(request_.identity->groups, ",")));
    case SpawnStep::kGroup:
      return cannot(fmt::format("set its group to {}", child_.gid));
    case SpawnStep::kUser:
      return cannot(fmt::format("set its user to {}", child_.uid));
    case SpawnStep::kDescriptor:
      return cannot("place its descriptors");
    case SpawnStep::kTerminal:
      return cannot("take the terminal");
    case SpawnStep::kOpenFiles:
      return cannot("restore its limit of open files");
    case SpawnStep::kLimit:
      return cannot(describe_limit(request_.limits[static_cast<std::size_t>(report.index)]));
    case SpawnStep::kOomScore:
      return cannot(fmt::format("set oom_score_adjust to {}", oom_score_));
    case SpawnStep::kBoundingSet:
      return cannot("take capabilities out of its bounding set");
    case SpawnStep::kCapabilities:
      return cannot("set its capabilities");
    case SpawnStep::kAmbient:
      return cannot(fmt::format("give it the capability {}", format_capability(report.index)));
    case SpawnStep::kNoNewPrivileges:
      return cannot("set no_new_privileges");
    case SpawnStep::kExec:
    case SpawnStep::kInterpreter:
      return cannot("execute it");
    case SpawnStep::kShell:
      return cannot("execute /bin/sh for a file without #!");
  }
  return cannot("do an unknown step");
}

}  // namespace supervisor
