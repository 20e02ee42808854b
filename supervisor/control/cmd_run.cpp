#include <fmt/format.h>

#include "supervisor/control/command_line.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"

namespace supervisor {

// Read by hand: PID 1 runs through here, and stays small without a parser's heap behind it.
base::Result<RunOptions> parse_run_options(std::span<const std::string> words) {
  RunOptions options;
  std::size_t index = 0;
  for (; index < words.size() && words[index].starts_with('-'); ++index) {
    const std::string& word = words[index];
    if (word == "--") {
      ++index;
      break;
    }
    if (word == "--hold") {
      options.hold = true;
    } else if (word.starts_with("--config=")) {
      options.config_paths.push_back(word.substr(word.find('=') + 1));
    } else if ((word == "-c" || word == "--config") && index + 1 < words.size()) {
      options.config_paths.push_back(words[++index]);
    } else if (word == "-c" || word == "--config") {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("cannot use {}: the file or directory is missing", word));
    } else {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("cannot use option {} of run: there is none such; put `--` "
                                    "before a command that begins with a dash",
                                    word));
    }
  }
  const auto command = words.subspan(index);
  options.command.assign(command.begin(), command.end());
  if (options.hold && options.command.empty()) {
    return base::fail(base::ErrorCode::kInvalid,
                      "cannot use --hold without a command: it starts nothing else");
  }
  return options;
}

int cmd_run(std::span<const std::string> words) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    return print_help("run");
  }
  const auto options = parse_run_options(words);
  if (!options) {
    return report_error(options.error());
  }
  return run_init(*options);
}

}  // namespace supervisor
