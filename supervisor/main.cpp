#include <string>
#include <vector>

#include "supervisor/cli.h"
#include "supervisor/upgrade_main.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (const auto code = supervisor::upgrade_main(arguments)) {
    return *code;
  }
  return supervisor::cli_main(arguments);
}
