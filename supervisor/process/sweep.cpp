#include "supervisor/process/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "supervisor/process/cgroup.h"
#include "supervisor/process/process_stat.h"

namespace supervisor {
namespace {

constexpr int kPauseMs = 2;  // between two looks: the killed need a moment to go

bool contains(const std::vector<pid_t>& pids, pid_t pid) {
  return std::ranges::find(pids, pid) != pids.end();
}

std::string read_up_to(const std::string& path, std::size_t bytes_max) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 16'384> buffer;
  ssize_t bytes = 0;
  while (file.valid() && text.size() < bytes_max &&
         (bytes = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  return text;
}

/// For a scope this thread opens files as somebody else; it can still signal as before.
class ReadsAs {
 public:
  explicit ReadsAs(const std::optional<Identity>& identity) : changes_(identity.has_value()) {
    if (changes_) {
      ::setfsgid(identity->gid);
      ::setfsuid(identity->uid);
    }
  }
  ~ReadsAs() {
    if (changes_) {
      ::setfsuid(::geteuid());
      ::setfsgid(::getegid());
    }
  }
  ReadsAs(const ReadsAs&) = delete;
  ReadsAs& operator=(const ReadsAs&) = delete;

 private:
  bool changes_;
};

enum class Marker { kUnreadable, kOurs, kOfAnother, kNone };

/// All processes at one instant, nearly, and who of them is whose.
class Scan {
 public:
  explicit Scan(const SweepRequest& request) : request_(request) {
    for (const ProcessStat& process : list_processes()) {
      processes_.emplace(process.pid, process);
    }
  }

  [[nodiscard]] std::vector<ProcessStat> find_escaped() {
    std::vector<ProcessStat> escaped;
    for (const auto& [pid, process] : processes_) {
      if (process.is_alive() && is_candidate(process) && is_ours(process)) {
        escaped.push_back(process);
      }
    }
    return escaped;
  }

  [[nodiscard]] bool any_alive(const std::function<bool(const ProcessStat&)>& is_one) const {
    return std::ranges::any_of(processes_, [&](const auto& each) {
      return each.second.is_alive() && is_one(each.second);
    });
  }

  /// Children of birl that are nobody's.
  [[nodiscard]] std::vector<ProcessStat> find_orphans() {
    std::vector<ProcessStat> orphans;
    for (const auto& [pid, process] : processes_) {
      if (process.is_alive() && process.parent == request_.init && is_candidate(process) &&
          !is_ours(process) && read_marker(process) != Marker::kOfAnother) {
        orphans.push_back(process);
      }
    }
    return orphans;
  }

 private:
  /// It descends from birl, and not by way of something that birl knows.
  [[nodiscard]] bool is_candidate(const ProcessStat& process) const {
    if (process.pid == ::getpid() || contains(request_.known, process.session)) {
      return false;
    }
    const ProcessStat* at = &process;
    for (std::size_t hops = 0; hops < ProcessStat::kAncestorsMax; ++hops) {
      if (contains(request_.known, at->pid)) {
        return false;
      }
      if (at->parent == request_.init) {
        return true;
      }
      const auto parent = processes_.find(at->parent);
      if (parent == processes_.end()) {
        return false;
      }
      at = &parent->second;
    }
    return false;
  }

  [[nodiscard]] bool is_ours(const ProcessStat& process, std::size_t hops = 0) {
    const auto [known, is_new] = ours_.try_emplace(process.pid, false);
    if (!is_new) {
      return known->second;
    }
    const bool by_kinship =
        contains(request_.leaders, process.session) || contains(request_.leaders, process.group) ||
        std::ranges::find(request_.seen, ProcessKey{process.pid, process.start_ticks}) !=
            request_.seen.end();
    bool ours = by_kinship || read_marker(process) == Marker::kOurs || has_our_pipe(process);
    const auto parent = processes_.find(process.parent);
    if (!ours && parent != processes_.end() && process.parent != request_.init &&
        hops < ProcessStat::kAncestorsMax) {
      ours = is_ours(parent->second, hops + 1);
    }
    ours_[process.pid] = ours;
    return ours;
  }

  [[nodiscard]] Marker read_marker(const ProcessStat& process) const {
    std::string environment = read_environment(process.pid);
    if (environment.empty()) {
      const ReadsAs user(request_.identity);
      environment = read_environment(process.pid);
    }
    if (environment.empty()) {
      return Marker::kUnreadable;
    }
    const std::vector<std::string_view> entries = base::split(environment, '\0');
    const auto has = [&](const std::string& entry) {
      return std::ranges::find(entries, entry) != entries.end();
    };
    if (!request_.marker.empty() && std::ranges::all_of(request_.marker, has)) {
      return Marker::kOurs;
    }
    const bool is_of_birl = std::ranges::any_of(
        entries, [](std::string_view entry) { return entry.starts_with("BIRL_SERVICE="); });
    return is_of_birl ? Marker::kOfAnother : Marker::kNone;
  }

  static std::string read_environment(pid_t pid) {
    return read_up_to(fmt::format("/proc/{}/environ", pid), SweepLimits::kEnvironmentBytes);
  }

  [[nodiscard]] bool has_our_pipe(const ProcessStat& process) const {
    if (request_.pipes.empty()) {
      return false;
    }
    if (has_pipe(process.pid)) {
      return true;
    }
    const ReadsAs user(request_.identity);
    return has_pipe(process.pid);
  }

  [[nodiscard]] bool has_pipe(pid_t pid) const {
    const std::string path = fmt::format("/proc/{}/fd", pid);
    const auto close = [](DIR* directory) { ::closedir(directory); };
    const std::unique_ptr<DIR, decltype(close)> directory(::opendir(path.c_str()), close);
    while (directory != nullptr) {
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) {
        break;
      }
      std::array<char, 64> target{};
      const ssize_t bytes = ::readlinkat(::dirfd(directory.get()), &entry->d_name[0], target.data(),
                                         target.size() - 1);
      const bool is_ours = bytes > 0 && std::ranges::any_of(request_.pipes, [&](auto inode) {
                             return fmt::format("pipe:[{}]", inode) == target.data();
                           });
      if (is_ours) {
        return true;
      }
    }
    return false;
  }

  const SweepRequest& request_;
  std::map<pid_t, ProcessStat> processes_;
  std::map<pid_t, bool> ours_;
};

SweptProcess describe(const ProcessStat& process) {
  std::string command = read_up_to(fmt::format("/proc/{}/cmdline", process.pid), 4096);
  if (command.empty()) {
    command = read_up_to(fmt::format("/proc/{}/comm", process.pid), 64);
  }
  command.resize(std::min(command.size(), SweepLimits::kCommandBytes));
  std::ranges::replace_if(
      command, [](char c) { return c < ' ' || c == '\x7f'; }, ' ');
  return {process.pid, std::string(base::trim(command))};
}

/// The very process that was looked at, though its number may be another's by now.
void kill_exactly(const ProcessStat& process) {
  const base::Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  const std::optional<ProcessStat> now = read_process_stat(process.pid);
  if (!now || now->start_ticks != process.start_ticks) {
    return;
  }
  if (pidfd.valid()) {
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  } else {
    ::kill(process.pid, SIGKILL);  // a kernel before 5.3, or a filter
  }
}

/// What was killed. It may take a moment to go, and has lost by then what it was known by.
class Told {
 public:
  void add(SweepReport& report, const ProcessStat& process) {
    if (start_ticks_.insert_or_assign(process.pid, process.start_ticks).second &&
        report.killed.size() < SweepLimits::kToldMax) {
      report.killed.push_back(describe(process));
    }
  }
  [[nodiscard]] bool has(const ProcessStat& process) const {
    const auto known = start_ticks_.find(process.pid);
    return known != start_ticks_.end() && known->second == process.start_ticks;
  }

 private:
  std::map<pid_t, std::uint64_t> start_ticks_;
};

/// Whether somebody lived in it.
bool empty_cgroup(const std::string& cgroup, SweepReport& report, Told& told) {
  if (cgroup.empty() || !is_populated(cgroup)) {
    return false;
  }
  for (const pid_t pid : list_cgroup(cgroup)) {
    if (const std::optional<ProcessStat> process = read_process_stat(pid);
        process && process->is_alive()) {
      told.add(report, *process);
    }
  }
  kill_cgroup(cgroup);
  return true;
}

}  // namespace

SweepReport sweep(const SweepRequest& request, std::uint64_t deadline_ns) {
  SweepReport report;
  Told told;
  for (;;) {
    const bool had_cgroup = empty_cgroup(request.cgroup, report, told);
    Scan scan(request);
    const std::vector<ProcessStat> escaped = scan.find_escaped();
    for (const ProcessStat& process : escaped) {
      told.add(report, process);
      kill_exactly(process);
    }
    const bool is_done = escaped.empty() && !had_cgroup &&
                         !scan.any_alive([&](const ProcessStat& each) { return told.has(each); });
    if (is_done || base::monotonic_ns() >= deadline_ns) {
      for (const ProcessStat& orphan : scan.find_orphans()) {
        if (!told.has(orphan) && report.orphans.size() < SweepLimits::kToldMax) {
          report.orphans.push_back(describe(orphan));
        }
      }
      return report;
    }
    ::poll(nullptr, 0, kPauseMs);
  }
}

ProcessKeys find_descendants(const std::vector<pid_t>& roots) {
  std::map<pid_t, ProcessStat> processes;
  for (const ProcessStat& process : list_processes()) {
    processes.emplace(process.pid, process);
  }
  ProcessKeys found;
  for (const auto& [pid, process] : processes) {
    const ProcessStat* at = &process;
    for (std::size_t hops = 0; at != nullptr && hops < ProcessStat::kAncestorsMax; ++hops) {
      if (contains(roots, at->parent)) {
        found.keys.push_back({pid, process.start_ticks});
        break;
      }
      const auto parent = processes.find(at->parent);
      at = parent == processes.end() ? nullptr : &parent->second;
    }
  }
  return found;
}

}  // namespace supervisor
