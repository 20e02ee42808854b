#include "tests/support/proc.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "base/text.h"
#include "tests/support/files.h"

namespace support {

namespace {

std::string proc_path(pid_t pid, const char* name) {
  return "/proc/" + std::to_string(pid) + "/" + name;
}

}  // namespace

std::optional<ProcessInfo> find_process(pid_t pid) {
  const auto text = find_text(proc_path(pid, "status"));
  if (!text || text->empty()) {
    return std::nullopt;
  }
  ProcessInfo info{.pid = pid, .inner_pid = pid};
  for (const std::string& line : lines_of(*text)) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "State:") {
      words >> info.state;
    } else if (key == "PPid:") {
      words >> info.parent;
    } else if (key == "NSpid:") {
      for (pid_t value = 0; words >> value;) {
        info.inner_pid = value;
      }
    }
  }
  return info;
}

std::vector<ProcessInfo> all_processes() {
  std::vector<ProcessInfo> processes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto pid = base::parse_decimal(entry.path().filename().string());
    const auto info = pid ? find_process(static_cast<pid_t>(*pid)) : std::nullopt;
    if (info) {
      processes.push_back(*info);
    }
  }
  return processes;
}

std::vector<ProcessInfo> descendants(pid_t root) {
  const std::vector<ProcessInfo> all = all_processes();
  std::set<pid_t> family{root};
  std::vector<ProcessInfo> found;
  for (bool grew = true; grew;) {
    grew = false;
    for (const ProcessInfo& process : all) {
      if (family.contains(process.parent) && family.insert(process.pid).second) {
        found.push_back(process);
        grew = true;
      }
    }
  }
  return found;
}

std::size_t count_zombies(const std::vector<ProcessInfo>& processes) {
  return static_cast<std::size_t>(
      std::count_if(processes.begin(), processes.end(),
                    [](const ProcessInfo& process) { return process.state == 'Z'; }));
}

std::size_t count_descriptors(pid_t pid) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(proc_path(pid, "fd"), error);
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

bool is_running(pid_t pid) {
  const auto info = find_process(pid);
  return info && info->state != 'Z' && info->state != 'X';
}

}  // namespace support
