// What birl-router is started for: everything that PID 1 does not link. Its first word is its role:
//
//     router FD        the log router, on the handoff socket FD
//     load ARG...      reads the configuration for PID 1 (config/check.h)
//     check ARG...     `birl check`
//     test ARG...      `birl test`
//     unpack PATH      a log file and its archives, for `birl logs PATH`
//     vendors ARG...   `birl vendors`
//
// It is started by birl, never by hand. Threads: the only one.
#pragma once

#include <span>
#include <string>

namespace supervisor {

/// `arguments` is argv without the program's name. Returns the exit code.
[[nodiscard]] int router_binary_main(std::span<const std::string> arguments);

}  // namespace supervisor
