// Cgroups of version 2: what a service's processes can be found by, however they detach themselves.
//
// Asked for best effort: most containers see /sys/fs/cgroup read-only, and then nothing here is
// used. The files are the kernel's own, so reading and writing them waits for nobody.
// Source: cgroups(7), the kernel's admin-guide/cgroup-v2.rst. Threads: any.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

/// The directory of our own cgroup: /proc/self/cgroup's version 2 entry, below the mount that
/// /proc/self/mountinfo has of it. nullopt: none is mounted, or it is not below that.
[[nodiscard]] std::optional<std::string> find_own_cgroup(std::string_view cgroup,
                                                         std::string_view mountinfo);

/// Whether somebody lives in it or below; false when there is none.
[[nodiscard]] bool is_populated(const std::string& directory);

/// Those who live in it or below.
[[nodiscard]] std::vector<pid_t> list_cgroup(const std::string& directory);

/// KILLs all who live in it or below, also those that are being forked meanwhile (cgroup.kill; one
/// after another where the kernel has none, before 5.14).
void kill_cgroup(const std::string& directory);

/// With those below; one that is populated stays. Whether it is gone.
bool remove_cgroup(const std::string& directory);

}  // namespace supervisor
