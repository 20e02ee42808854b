// One look at a service from outside: whether a socket accepts, a URL answers well, a file exists.
//
// It waits, so it runs in a process of its own: `birl probe`, for users and for PID 1's checks.
// Threads: any.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "supervisor/process/probe_target.h"

namespace supervisor {

struct ProbeLimits {
  static constexpr std::size_t kAnswerBytesMax = 8192;  // read until the status line is whole
  static constexpr std::size_t kAddressesMax = 8;       // of one name
};

/// Success: it accepts; it answers with 200 to 399; it exists. kTimeout: not within `timeout_ns`.
/// `hosts_file` is where names that are no addresses are looked for.
[[nodiscard]] base::Result<void> probe(const ProbeTarget& target, std::uint64_t timeout_ns,
                                       const std::string& hosts_file = "/etc/hosts");

}  // namespace supervisor
