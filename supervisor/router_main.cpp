#include <string>
#include <vector>

#include "supervisor/router_roles.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return supervisor::router_binary_main(arguments);
}
