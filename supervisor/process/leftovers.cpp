#include "supervisor/process/leftovers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "supervisor/process/reaper.h"

namespace supervisor {

namespace {

constexpr std::uint64_t kLookAgainNs = 20 * base::kNsPerMs;

/// Until a child has ended, at most kLookAgainNs.
void wait_for_child() {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  const timespec timeout{.tv_sec = 0, .tv_nsec = static_cast<long>(kLookAgainNs)};
  ::sigtimedwait(&child_ended, nullptr, &timeout);
}

}  // namespace

std::optional<std::vector<pid_t>> list_children() {
  const std::string path = fmt::format("/proc/self/task/{}/children", ::getpid());
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t bytes = 0;
  while ((bytes = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  std::vector<pid_t> pids;
  for (const std::string_view word : base::split(text, ' ')) {
    if (const auto pid = base::parse_decimal(word)) {
      pids.push_back(static_cast<pid_t>(*pid));
    }
  }
  return pids;
}

std::size_t kill_leftovers(std::uint64_t deadline_ns) {
  std::size_t killed = 0;
  const auto children = [] { return list_children().value_or(std::vector<pid_t>{}); };
  for (std::vector<pid_t> pids = children(); !pids.empty(); pids = children()) {
    for (const pid_t pid : pids) {
      ::kill(pid, SIGKILL);
    }
    wait_for_child();
    ReapResult reaped;
    do {
      reaped = reap_children();
      killed += reaped.children.size();
    } while (reaped.more);
    if (base::monotonic_ns() >= deadline_ns) {
      break;
    }
  }
  return killed;
}

}  // namespace supervisor
