// Where sinks put what they are refused for good: lines of JSON for other sinks.
//
// Each sink that gets dead letters has a pipe of its own into a ring that PID 1 made for it, as if
// a service had written them; so they are counted, kept and delivered as all lines are. put() never
// waits: a pipe that is full is tried again later. Of a line that went in half, the rest goes
// before anything else. Threads: add() before the sinks start; put() from any sink's thread. Owner:
// the graph.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace logging {

class DeadLetters {
 public:
  /// `pipe` does not block. `had_writer`: another router may have left half a line in it.
  void add(const std::string& sink, base::Fd pipe, bool had_writer);

  /// `line` has no newline. False: not now. True, too, when nobody takes letters for `sink`: they
  /// are gone.
  [[nodiscard]] bool put(const std::string& sink, std::string_view line);

 private:
  struct Box {
    base::Fd pipe;
    std::string rest;  // of a line, with its newline
  };
  [[nodiscard]] static bool flush(Box& box);

  std::mutex mutex_;
  std::map<std::string, Box> boxes_;  // by the sink that they are for
};

}  // namespace logging
