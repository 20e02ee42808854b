#include <string>
#include <vector>

#include "supervisor/cli.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  return supervisor::cli_main(arguments);
}
