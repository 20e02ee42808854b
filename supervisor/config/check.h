// `birl check` and the load role: the two ways in which birl-config reads the configuration.
//
// check tells all problems and, asked to, the merged configuration. load does the same for `run`
// and hands the result to PID 1. Both print what is wrong and end; neither starts anything.
// Exit codes: 0 fine, 2 usage or configuration.
#pragma once

#include <span>
#include <string>

#include "supervisor/config/environment.h"

namespace supervisor {

/// The descriptor that PID 1 leaves open for load: a memory file (encode.h).
constexpr int kLoadMemoryFd = 3;

struct RoleOutput {
  int exit_code = 0;
  std::string out;     // for standard output
  std::string errors;  // for standard error
};

/// `[-c X]... [--strict] [--show] [--json]`: pure but for reading files.
[[nodiscard]] RoleOutput run_check(std::span<const std::string> arguments,
                                   const Environment& environment);
/// `[-c X]... [--hold] [--] [CMD...]`: writes the encoded Config into `memory_fd`.
[[nodiscard]] RoleOutput run_load(std::span<const std::string> arguments,
                                  const Environment& environment, int memory_fd);

/// `birl test [FILE]`: the configuration's own [[test]] tables; 1 when one fails.
[[nodiscard]] RoleOutput run_test_role(std::span<const std::string> arguments,
                                       const Environment& environment);

/// The same with real output; each returns the exit code of the process.
[[nodiscard]] int check_main(std::span<const std::string> arguments,
                             const Environment& environment);
[[nodiscard]] int test_main(std::span<const std::string> arguments, const Environment& environment);
[[nodiscard]] int load_main(std::span<const std::string> arguments, const Environment& environment);

}  // namespace supervisor
