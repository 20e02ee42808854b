#include <fmt/format.h>
#include <unistd.h>

#include "supervisor/control/command_line.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/router_binary.h"

namespace supervisor {

// The reader of the configuration lives in birl-router, which becomes this process.
int cmd_check(std::span<const std::string> words) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    return print_help("check");
  }
  const auto binary = find_router_binary();
  if (!binary) {
    fmt::print(stderr, "birl: {}\n", binary.error().message);
    return kExitFailed;
  }
  std::vector<std::string> arguments{"birl-router", "check"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  ::execv(binary->c_str(), pointers.data());
  return report_error(base::fail_errno(fmt::format("cannot run {}", *binary)).value());
}

}  // namespace supervisor
