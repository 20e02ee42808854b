// require: what a test needs from the machine it runs on, or the test program ends.
//
// A test that cannot make a pipe or fork has nothing to say about birl; carrying that case through
// every helper as a Result would hide the tests behind it. Threads: any.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace support {

inline void require(bool holds, const std::string& what) {
  if (!holds) {
    std::fprintf(stderr, "the test cannot go on: %s: %s\n", what.c_str(), std::strerror(errno));
    std::abort();
  }
}

}  // namespace support
