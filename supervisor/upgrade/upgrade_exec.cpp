#include "supervisor/upgrade/upgrade_exec.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/text.h"
#include "supervisor/upgrade/kept_fd.h"

namespace supervisor {

using base::Result;

namespace {

constexpr const char* kVariable = "BIRL_UPGRADE_STATE";
constexpr std::size_t kArgumentBytesMax = 1U << 20U;

/// As the process has them now; `birl run` where /proc does not tell.
std::vector<std::string> own_arguments() {
  std::string text;
  const base::Fd file(::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  for (ssize_t count = 1; file.valid() && count > 0 && text.size() < kArgumentBytesMax;) {
    count = ::read(file.get(), buffer.data(), buffer.size());
    text.append(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < text.size(); at = text.find('\0', at) + 1) {
    arguments.emplace_back(text.c_str() + at);
    if (text.find('\0', at) == std::string::npos) {
      break;
    }
  }
  return arguments.empty() ? std::vector<std::string>{"birl", "run"} : arguments;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

base::Error exec_upgrade(const base::Fd& binary, const base::Fd& state, std::vector<int> kept,
                         const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = own_arguments();
  std::vector<std::string> variables = environment;
  variables.push_back(fmt::format("{}={}", kVariable, state.get()));
  const std::string path = fmt::format("/proc/self/fd/{}", binary.get());
  const std::vector<char*> argv = pointers_to(arguments);
  const std::vector<char*> envp = pointers_to(variables);
  kept.push_back(state.get());
  set_on_exec(kept, OnExec::kStay);
  ::syscall(SYS_execveat, binary.get(), "", argv.data(), envp.data(), AT_EMPTY_PATH);
  // Forbidden or unknown: the same file by its path in /proc.
  ::execve(path.c_str(), argv.data(), envp.data());
  base::Error error = base::fail_errno("cannot run the new birl").value();
  set_on_exec(kept, OnExec::kClose);
  return error;
}

std::optional<int> find_upgrade_state() {
  const char* const number = std::getenv(kVariable);
  const auto fd = number == nullptr ? std::nullopt : base::parse_decimal(number);
  const bool is_open = fd && *fd > STDERR_FILENO && ::fcntl(static_cast<int>(*fd), F_GETFD) >= 0;
  return is_open ? std::optional(static_cast<int>(*fd)) : std::nullopt;
}

std::string read_process_name() {
  std::array<char, 17> name{};
  return ::prctl(PR_GET_NAME, name.data()) == 0 ? name.data() : "";
}

void set_process_name(const std::string& name) {
  if (!name.empty()) {
    ::prctl(PR_SET_NAME, name.c_str());
  }
}

Result<std::string> find_own_path() {
  std::array<char, PATH_MAX> target{};
  const ssize_t bytes = ::readlink("/proc/self/exe", target.data(), target.size());
  if (bytes <= 0) {
    return base::fail_errno("cannot read /proc/self/exe");
  }
  std::string path(target.data(), static_cast<std::size_t>(bytes));
  constexpr std::string_view kReplaced = " (deleted)";
  if (path.ends_with(kReplaced)) {
    path.resize(path.size() - kReplaced.size());
  }
  return path;
}

}  // namespace supervisor
