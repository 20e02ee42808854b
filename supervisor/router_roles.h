// What birl-router is started for: what PID 1 does not link, its configuration apart. Its first
// word is its role:
//
//     router FD        the log router, on the handoff socket FD
//     unpack PATH      a log file and its archives, for `birl logs PATH`
//     vendors ARG...   `birl vendors`
//     spool ARG...     `birl spool ls` and `show`
//
// It is started by birl, never by hand. Threads: the only one.
#pragma once

#include <span>
#include <string>

namespace supervisor {

/// `arguments` is argv without the program's name. Returns the exit code.
[[nodiscard]] int router_binary_main(std::span<const std::string> arguments);

}  // namespace supervisor
