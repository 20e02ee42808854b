// A configured command as what is executed. Threads: any.
#pragma once

#include <string>
#include <vector>

#include "supervisor/config/config.h"

namespace supervisor {

/// An array as it is; a string is the text of a shell.
[[nodiscard]] inline std::vector<std::string> command_argv(const Command& command) {
  if (command.shell) {
    return {"/bin/sh", "-c", command.argv.front()};
  }
  return command.argv;
}

}  // namespace supervisor
