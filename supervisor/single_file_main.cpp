// The one executable of a static build: birl and the programs that it starts, told apart by the
// name that it is started with (programs.h).
#include <cstddef>
#include <string>
#include <vector>

#include "supervisor/cli.h"
#include "supervisor/config_roles.h"
#include "supervisor/programs.h"
#include "supervisor/router_roles.h"
#include "supervisor/upgrade_main.h"

// The runtime has use for a demangler in one place, the message about an exception that nobody
// caught. Without one that message has the mangled name, and the file 120 KB less.
extern "C" char* __cxa_demangle(const char* /*name*/, char* /*buffer*/, std::size_t* /*length*/,
                                int* status) {
  constexpr int kInvalidName = -2;
  if (status != nullptr) {
    *status = kInvalidName;
  }
  return nullptr;
}

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (argc > 0 && arguments[0] == supervisor::kRouterName) {
    return supervisor::router_binary_main(std::span(arguments).subspan(1));
  }
  if (argc > 0 && arguments[0] == supervisor::kConfigReaderName) {
    return supervisor::config_program_main(std::span(arguments).subspan(1));
  }
  if (const auto code = supervisor::upgrade_main(arguments)) {
    return *code;
  }
  return supervisor::cli_main(arguments);
}
