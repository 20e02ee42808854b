// What has to be watched, by inotify, so that a change of some paths is seen: files written in
// place, files replaced by a rename, links that lead elsewhere (a Kubernetes volume swaps its
// `..data` link), files that come and go, directories and what is in them.
//
// Changes of a directory high above a path (a parent that is renamed) are not seen. A fingerprint
// tells whether what the paths lead to has really changed; it is taken after the watches are set,
// so nothing falls between. All functions touch the user's file systems: for a helper child, which
// shares the inotify instance with PID 1. Source: inotify(7). Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace supervisor {

struct WatchLimits {
  static constexpr int kLinksMax = 40;                // as the kernel's own limit
  static constexpr std::size_t kEntriesMax = 10'000;  // of one directory that are looked at
};

struct WatchPoint {
  std::string path;  // of a directory or a file
  std::string name;  // of its entry that matters; empty: all, or the file itself
  std::uint32_t mask = 0;

  friend bool operator==(const WatchPoint&, const WatchPoint&) = default;
};

[[nodiscard]] std::vector<WatchPoint> find_watch_points(const std::string& path);

/// Of what `paths` lead to: identity, size and time of change; of directories the entries' too.
[[nodiscard]] std::uint64_t fingerprint(const std::vector<std::string>& paths);

/// One watch of the inotify instance.
struct Watch {
  std::int32_t descriptor = 0;
  std::string name;  // as WatchPoint::name

  template <typename V>
  void visit(V& v) {
    v.field("descriptor", descriptor);
    v.field("name", name);
  }
};

struct WatchedPaths {
  std::vector<Watch> watches;
  std::uint64_t former = 0;  // the fingerprint before the watches were set
  std::uint64_t fingerprint = 0;
  std::string error;  // why not everything is watched; empty: it is

  template <typename V>
  void visit(V& v) {
    v.field("watches", watches);
    v.field("former", former);
    v.field("fingerprint", fingerprint);
    v.field("error", error);
  }
};

/// Sets the watches of all `paths` in the inotify instance.
[[nodiscard]] WatchedPaths watch_paths(int inotify_fd, const std::vector<std::string>& paths);

}  // namespace supervisor
