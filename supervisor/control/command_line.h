// The words of a command as CommandOptions, and the help texts. The one file behind it knows CLI11.
//
// `run` and `check` only have their help here: their words are read by cmd_run.cpp and by
// birl-config. Threads: any.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "supervisor/control/commands.h"

namespace supervisor {

/// Either options, or what to print and how to end (help, a version, a usage error).
struct ParsedCommand {
  std::optional<CommandOptions> options;
  int exit_code = 0;
  std::string out;
  std::string errors;
};

/// `words` begins with a verb or with an option of birl itself.
[[nodiscard]] ParsedCommand parse_command(std::span<const std::string> words);

/// Every verb there is, in the order of the help.
[[nodiscard]] std::vector<std::string> list_verbs();

/// Prints the help of `verb` (empty: of birl) and returns kExitDone.
int print_help(const std::string& verb);

}  // namespace supervisor
