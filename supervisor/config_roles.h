// What birl-config is started for: everything that reads a configuration and needs no router. Its
// first word is its role:
//
//     load ARG...      reads the configuration for PID 1 (config/check.h)
//     check ARG...     `birl check`
//     test ARG...      `birl test`
//
// It is started by birl, never by hand. Threads: the only one.
#pragma once

#include <span>
#include <string>

namespace supervisor {

/// `arguments` is argv without the program's name. Returns the exit code.
[[nodiscard]] int config_program_main(std::span<const std::string> arguments);

}  // namespace supervisor
