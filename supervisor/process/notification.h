// What a service says in one datagram to $NOTIFY_SOCKET: sd_notify(3)'s lines of NAME=value.
//
// Anything may come: names that nobody knows, values that are none and bytes that are no text are
// passed over, line by line. Pure. Threads: any.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace supervisor {

struct NotificationLimits {
  static constexpr std::size_t kBytesMax = 4096;  // a longer datagram is dropped
  static constexpr std::size_t kStatusBytesMax = 200;
  static constexpr std::size_t kFdNameBytesMax = 255;
  static constexpr std::uint64_t kPidMax = 1U << 22U;  // the kernel's own limit
  static constexpr std::uint64_t kExtendUsMax = 24ULL * 3'600 * 1'000'000;
};

struct Notification {
  bool ready = false;                        // READY=1
  bool stopping = false;                     // STOPPING=1
  bool reloading = false;                    // RELOADING=1
  bool watchdog = false;                     // WATCHDOG=1
  bool watchdog_trigger = false;             // WATCHDOG=trigger
  std::optional<std::uint64_t> watchdog_us;  // WATCHDOG_USEC: its interval from now on
  std::optional<std::uint64_t> extend_us;    // EXTEND_TIMEOUT_USEC
  std::optional<pid_t> main_pid;             // MAINPID: its main process
  bool fd_store = false;                     // FDSTORE=1: the descriptors that come along
  bool fd_store_remove = false;              // FDSTOREREMOVE=1: those named ...
  bool fd_poll = true;                       // FDPOLL=0: kept also when they hang up
  std::string fd_name;                       // ... FDNAME; empty: none that is one
  std::optional<std::string> status;         // STATUS: for people, one line of printable text

  friend bool operator==(const Notification&, const Notification&) = default;
};

[[nodiscard]] Notification parse_notification(std::string_view datagram);

}  // namespace supervisor
