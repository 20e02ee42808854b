#include "supervisor/process/last_resort.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "supervisor/process/last_resort_table.h"
#include "supervisor/process/raw_syscall.h"

namespace supervisor {

constinit LastResortData last_resort_data;
constinit std::array<LastResortEntry, kLastResortChildrenMax> last_resort_entries;

namespace {

/// The first so many have been in use: no more have to be looked at, and to be memory.
std::size_t entries_ever_used = 0;

constexpr std::size_t kStackBytes = 65'536;
constexpr std::size_t kMessageBytesMax = 256;
#ifdef BIRL_SANITIZED
constexpr bool kHandlesFaults = false;
#else
constexpr bool kHandlesFaults = true;
#endif
constexpr std::array kFaultSignals{SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};

alignas(64) constinit std::array<std::byte, kStackBytes> alternate_stack{};

/// A line made without an allocation.
class Message {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (bytes_ < text_.size()) {
        text_[bytes_++] = c;
      }
    }
  }

  void add_hex(unsigned long value) {
    std::array<char, 16> digits{};
    std::size_t count = 0;
    do {
      digits[count++] = "0123456789abcdef"[value % 16];
      value /= 16;
    } while (value != 0);
    add("0x");
    while (count > 0) {
      add({&digits[--count], 1});
    }
  }

  /// Only if the descriptor takes it at once.
  void write_to(int fd) const {
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    const timespec now{};
    if (raw_syscall(SYS_ppoll, &ready, 1, &now) == 1 && (ready.revents & POLLOUT) != 0) {
      raw_syscall(SYS_write, fd, text_.data(), bytes_);
    }
  }

 private:
  std::array<char, kMessageBytesMax> text_{};
  std::size_t bytes_ = 0;
};

void block_all_signals() {
  const unsigned long all = ~0UL;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0L, sizeof(all));
}

[[noreturn]] void tell_and_run(Message& message) noexcept {
  block_all_signals();
  message.add("; the services run on, nothing is restarted; send TERM to end\n");
  message.write_to(last_resort_data.message_fd.load(std::memory_order_relaxed));
  run_last_resort_loop();
}

std::string_view fault_name(int signal) {
  switch (signal) {
    case SIGABRT:
      return "SIGABRT";
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    default:
      return "a fault signal";
  }
}

void forward_to_primaries(int signal) {
  for (const LastResortEntry& entry : last_resort_entries) {
    const pid_t pid = entry.pid.load(std::memory_order_relaxed);
    if (pid > 0 && entry.role.load(std::memory_order_relaxed) == LastResortRole::kPrimary) {
      raw_syscall(SYS_kill, pid, signal);
    }
  }
}

void on_fault(int signal, siginfo_t* info, void* /*context*/) {
  const long self = raw_syscall(SYS_getpid);
  if (self != last_resort_data.owner.load(std::memory_order_relaxed)) {
    // A fork of PID 1 (a reload being checked) has to die of it.
    ::signal(signal, SIG_DFL);
    return;
  }
  const bool sent_by_process = info->si_code <= 0;
  if (sent_by_process && info->si_pid != self) {
    forward_to_primaries(signal);
    return;
  }
  Message message;
  message.add("birl: error: internal error (");
  message.add(fault_name(signal));
  if (!sent_by_process) {
    message.add(" at ");
    message.add_hex(reinterpret_cast<unsigned long>(info->si_addr));
  }
  message.add(")");
  tell_and_run(message);
}

base::Result<void> install_handlers() {
  stack_t stack{};
  stack.ss_sp = alternate_stack.data();
  stack.ss_size = alternate_stack.size();
  if (::sigaltstack(&stack, nullptr) != 0) {
    return base::fail_errno("cannot set up the stack of last_resort");
  }
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigfillset(&action.sa_mask);
  for (const int signal : kFaultSignals) {
    if (::sigaction(signal, &action, nullptr) != 0) {
      return base::fail_errno(fmt::format("cannot handle {}", fault_name(signal)));
    }
  }
  return {};
}

}  // namespace

base::Result<void> last_resort_install(const LastResortSettings& settings) {
  last_resort_data.grace_ms = settings.grace_ms;
  last_resort_data.flush_ms = settings.flush_ms;
  last_resort_data.message_fd = settings.message_fd;
  last_resort_data.owner = static_cast<pid_t>(raw_syscall(SYS_getpid));
  return kHandlesFaults ? install_handlers() : base::Result<void>();
}

base::Result<void> last_resort_add(const LastResortChild& child) {
  auto& entries = last_resort_entries;
  const auto free =
      std::ranges::find_if(entries, [](const LastResortEntry& entry) { return entry.pid == 0; });
  if (free == entries.end()) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot keep more than {} children in mind", entries.size()));
  }
  free->role = child.role;
  free->stop_signal = child.stop_signal;
  free->stop_group = child.stop_group;
  free->pid = child.pid;
  entries_ever_used = std::max<std::size_t>(entries_ever_used,
                                            static_cast<std::size_t>(free - entries.begin()) + 1);
  return {};
}

void last_resort_remove(pid_t pid) {
  for (LastResortEntry& entry : std::span(last_resort_entries).first(entries_ever_used)) {
    if (entry.pid == pid) {
      entry.pid = 0;
    }
  }
}

std::vector<LastResortChild> last_resort_children() {
  std::vector<LastResortChild> children;
  for (const LastResortEntry& entry : last_resort_entries) {
    if (entry.pid != 0) {
      children.push_back({.pid = entry.pid,
                          .role = entry.role,
                          .stop_signal = entry.stop_signal,
                          .stop_group = entry.stop_group});
    }
  }
  return children;
}

int last_resort_exit_code() {
  return last_resort_data.exit_code;
}

void last_resort_set_exit_code(int code) {
  last_resort_data.exit_code = code;
}

void last_resort_enter(const char* reason) noexcept {
  Message message;
  message.add("birl: error: internal error (");
  message.add(reason);
  message.add(")");
  tell_and_run(message);
}

}  // namespace supervisor
