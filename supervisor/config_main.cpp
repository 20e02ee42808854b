#include <string>
#include <vector>

#include "supervisor/config_roles.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return supervisor::config_program_main(arguments);
}
