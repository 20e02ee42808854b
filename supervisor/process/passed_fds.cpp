#include "supervisor/process/passed_fds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace supervisor {

namespace {

constexpr std::array<std::string_view, 3> kVariables{
    "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES="};

}  // namespace

void pass_fds(const std::vector<PassedFd>& fds, SpawnRequest& request) {
  if (fds.empty()) {
    return;
  }
  std::string names;
  for (const PassedFd& passed : fds) {
    const int target = kFirstPassedFd + static_cast<int>(&passed - fds.data());
    request.fds.push_back({.source = passed.fd, .target = target});
    names += (names.empty() ? "" : ":") + passed.name;
  }
  std::erase_if(request.environment, [](const std::string& entry) {
    return std::ranges::any_of(kVariables,
                               [&](std::string_view name) { return entry.starts_with(name); });
  });
  request.environment.push_back(fmt::format("LISTEN_FDS={}", fds.size()));
  request.environment.push_back(fmt::format("LISTEN_FDNAMES={}", names));
  request.own_pid_variable = "LISTEN_PID";
}

}  // namespace supervisor
