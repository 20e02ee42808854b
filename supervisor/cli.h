// What the words after `birl` mean, and the way from main to a command.
//
// Called as /init (its base name is "init") every argument is the command to run and none is a
// verb, so that `docker run IMAGE top` runs top; only a first word `birl` hands over to a verb.
// Called by any other name the first word is a verb; a word that is none runs only as PID 1
// (ENTRYPOINT
// ["birl"]), for at a shell it is a typing error. Options of birl itself may stand before the verb.
// Threads: the only one.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace supervisor {

/// Whether this process is process 1 of its namespace.
enum class ProcessRank { kFirst, kOther };

/// `words` begins with a verb (or an option of birl itself), unless `error` says what is wrong.
struct CliDecision {
  std::vector<std::string> words;
  std::string error;

  friend bool operator==(const CliDecision&, const CliDecision&) = default;
};

/// Pure. `arguments` is argv, the program's name first.
[[nodiscard]] CliDecision decide_arguments(std::span<const std::string> arguments,
                                           ProcessRank rank);

/// The whole of main: returns the exit code.
[[nodiscard]] int cli_main(std::span<const std::string> arguments);

}  // namespace supervisor
