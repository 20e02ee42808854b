// What surrounds a service's process and the container's life, as plain data: limits, capabilities,
// directories, and the tables [init] and [finish]. Part of config.h; the same rules hold.
// Lifetime: values. Threads: immutable after loading.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace supervisor {

/// A resource limit: a number or a size; "unlimited" is the largest number, as for the kernel.
struct ResourceLimit {
  using ScalarUnit = std::uint64_t;
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::string_view kUnlimitedWord = "unlimited";
  std::uint64_t value = 0;
};

struct LimitsConfig {
  std::optional<ResourceLimit> open_files;
  std::optional<ResourceLimit> core;
  std::optional<ResourceLimit> processes;
  std::optional<ResourceLimit> memory_lock;
  std::optional<ResourceLimit> file_size;
  std::optional<ResourceLimit> stack;
  std::optional<ResourceLimit> address_space;

  template <typename V>
  void visit(V& v) {
    v.field("open_files", open_files, "descriptors; unset: what birl itself got");
    v.field("core", core, "bytes of a core file");
    v.field("processes", processes, "processes of its user");
    v.field("memory_lock", memory_lock, "bytes of locked memory");
    v.field("file_size", file_size, "bytes of a file that it writes");
    v.field("stack", stack, "bytes of the main thread's stack");
    v.field("address_space", address_space, "bytes of virtual memory");
  }
};

struct CapabilitiesConfig {
  std::optional<std::vector<std::string>> keep;  // unset: all that birl has
  std::vector<std::string> ambient;

  template <typename V>
  void visit(V& v) {
    v.field("keep", keep, "all others leave its bounding set; [] drops every one");
    v.field("ambient", ambient, "kept and active although its user is not root");
  }
};

struct DirectoryConfig {
  std::string path{};
  std::string user{};                    // empty: the service's
  std::string group{};                   // empty: the user's
  std::optional<base::FileMode> mode{};  // unset: 0755 for a new one, an old one keeps its own
  bool recursive = false;

  template <typename V>
  void visit(V& v) {
    v.field("path", path, "made with its parents before each start");
    v.field("user", user, "its owner; empty: the service's user");
    v.field("group", group, "its group; empty: that of its owner");
    v.field("mode", mode, "its permissions");
    v.field("recursive", recursive, "everything in it gets the owner and group, too");
  }
};

/// Who may do what with a service, beside root, birl's own user and `birl.control.group`.
struct AllowConfig {
  std::string group{};
  std::vector<std::string> verbs{};

  template <typename V>
  void visit(V& v) {
    v.field("group", group, "a group's name or number");
    v.field("verbs", verbs, "what its members may ask: \"restart\", \"status\", ...");
  }
};
/// Those that name a service.
inline constexpr std::array<std::string_view, 12> kAllowableVerbs{
    "start", "stop", "restart", "reload", "scale",   "signal",
    "wait",  "logs", "healthy", "status", "explain", "events"};

enum class StdioMode : std::uint8_t { kPipe, kInherit };
[[nodiscard]] constexpr auto enum_names(StdioMode) {
  return std::array<std::string_view, 2>{"pipe", "inherit"};
}

enum class OnFailure : std::uint8_t { kAbort, kContinue };
[[nodiscard]] constexpr auto enum_names(OnFailure) {
  return std::array<std::string_view, 2>{"abort", "continue"};
}

struct InitConfig {
  std::string scripts = "/etc/birl/init.d";
  std::optional<base::Duration> timeout;  // unset: none
  OnFailure on_failure = OnFailure::kAbort;

  template <typename V>
  void visit(V& v) {
    v.field("scripts", scripts, "a directory; its scripts run before any service");
    v.field("timeout", timeout, "of all its scripts together");
    v.field("on_failure", on_failure, "abort: the container ends with the script's code");
  }
};

struct FinishConfig {
  std::string scripts = "/etc/birl/finish.d";
  std::string before_stop = "/etc/birl/before_stop.d";
  std::optional<base::Duration> timeout;  // unset: none
  OnFailure on_failure = OnFailure::kAbort;

  template <typename V>
  void visit(V& v) {
    v.field("scripts", scripts, "a directory; its scripts run when all services are down");
    v.field("before_stop", before_stop, "the same, but while services still answer");
    v.field("timeout", timeout, "of all scripts of one directory; shutdown_timeout bounds it");
    v.field("on_failure", on_failure, "abort: the scripts behind a failed one do not run");
  }
};

}  // namespace supervisor
