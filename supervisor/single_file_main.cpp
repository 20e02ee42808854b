// The one executable of a static build: both birl and birl-router, told apart by the name that they
// are started with (router_binary.h).
#include <string>
#include <vector>

#include "supervisor/cli.h"
#include "supervisor/router_binary.h"
#include "supervisor/router_roles.h"
#include "supervisor/upgrade_main.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (argc > 0 && arguments[0] == supervisor::kRouterName) {
    return supervisor::router_binary_main(std::span(arguments).subspan(1));
  }
  if (const auto code = supervisor::upgrade_main(arguments)) {
    return *code;
  }
  return supervisor::cli_main(arguments);
}
