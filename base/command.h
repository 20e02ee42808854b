// A command as a configuration writes it: an array is exec'ed, a string runs under /bin/sh -c.
#pragma once

#include <string>
#include <vector>

namespace base {

struct Command {
  std::vector<std::string> argv;  // empty: no command
  bool shell = false;             // argv has one element, the shell's text

  [[nodiscard]] bool empty() const { return argv.empty(); }
  template <typename V>
  void visit(V& v) {
    v.field("argv", argv);
    v.field("shell", shell);
  }
};

}  // namespace base
