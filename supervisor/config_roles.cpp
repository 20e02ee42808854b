#include "supervisor/config_roles.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "supervisor/config/check.h"
#include "supervisor/config/environment.h"

namespace supervisor {

namespace {

constexpr int kExitUsage = 2;

}  // namespace

int config_program_main(std::span<const std::string> arguments) {
  // A reader of our output that goes away is an error of a write.
  ::signal(SIGPIPE, SIG_IGN);
  const std::string role = arguments.empty() ? "" : arguments[0];
  const auto rest = arguments.subspan(arguments.empty() ? 0 : 1);
  if (role == "load") {
    return load_main(rest, make_environment(environ));
  }
  if (role == "check") {
    return check_main(rest, make_environment(environ));
  }
  if (role == "test") {
    return test_main(rest, make_environment(environ));
  }
  fmt::print(stderr, "birl-config: cannot run: birl starts it; use birl\n");
  return kExitUsage;
}

}  // namespace supervisor
