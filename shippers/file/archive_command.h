// Runs the user's command for an archive and waits for its end.
//
// The command gets the router's environment and BIRL_FILE, reads /dev/null, and what it prints goes
// to birl's standard error. It leads a process group of its own, which is killed when it takes too
// long. Threads: any one that may wait.
#pragma once

#include <cstdint>
#include <string>

#include "base/command.h"
#include "base/result.h"

namespace shippers {

struct ArchiveCommandLimits {
  static constexpr std::uint64_t kRunNs = 600'000'000'000;  // ten minutes
};

/// Fails when it cannot be started, does not exit with 0, or takes longer than `limit_ns`. Once
/// `stop_fd` is readable it goes on alone, unheard.
[[nodiscard]] base::Result<void> run_archive_command(
    const base::Command& command, const std::string& archive_path, int stop_fd,
    std::uint64_t limit_ns = ArchiveCommandLimits::kRunNs);

}  // namespace shippers
