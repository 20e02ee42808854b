#include "supervisor/process/process_stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string_view>

#include "base/fd.h"
#include "base/text.h"

namespace supervisor {
namespace {

// Fields behind the command's ")", of which proc(5) counts the state as 3.
constexpr std::size_t kParent = 4 - 3;
constexpr std::size_t kGroup = 5 - 3;
constexpr std::size_t kSession = 6 - 3;
constexpr std::size_t kStartTime = 22 - 3;

pid_t pid_at(const std::vector<std::string_view>& fields, std::size_t index) {
  return static_cast<pid_t>(base::parse_decimal(fields[index]).value_or(0));
}

}  // namespace

std::optional<ProcessStat> read_process_stat(pid_t pid) {
  const base::Fd file(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer{};
  const ssize_t bytes = file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (bytes <= 0) {
    return std::nullopt;
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(bytes));
  const std::size_t end = text.rfind(") ");  // the command may hold anything
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::vector<std::string_view> fields = base::split(text.substr(end + 2), ' ');
  if (fields.size() <= kStartTime || fields.front().empty()) {
    return std::nullopt;
  }
  return ProcessStat{.pid = pid,
                     .state = fields.front().front(),
                     .parent = pid_at(fields, kParent),
                     .group = pid_at(fields, kGroup),
                     .session = pid_at(fields, kSession),
                     .start_ticks = base::parse_decimal(fields[kStartTime]).value_or(0)};
}

bool descends_from(pid_t pid, pid_t ancestor) {
  for (std::size_t hops = 0; pid > 1 && hops < ProcessStat::kAncestorsMax; ++hops) {
    const std::optional<ProcessStat> stat = read_process_stat(pid);
    if (!stat) {
      return false;
    }
    if (stat->parent == ancestor) {
      return true;
    }
    pid = stat->parent;
  }
  return false;
}

std::vector<ProcessStat> list_processes() {
  std::vector<ProcessStat> processes;
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> proc(::opendir("/proc"), close);
  while (proc != nullptr) {
    const dirent* entry = ::readdir(proc.get());
    if (entry == nullptr) {
      break;
    }
    if (const auto pid = base::parse_decimal(&entry->d_name[0])) {
      if (const auto stat = read_process_stat(static_cast<pid_t>(*pid))) {
        processes.push_back(*stat);
      }
    }
  }
  return processes;
}

}  // namespace supervisor
