// A trace of `birl trace --json`, stepped again: the same machines with the same rules, inputs and
// answers, in a world that does nothing. What they come to is compared with what the trace says.
//
// Whatever does not fit (an answer that nobody asked for, a question without an answer) is a
// failure too: then the trace is of other machines. Threads: one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct Replayed {
  std::string failure;  // empty: the same states were reached
  bool complete = false;
  std::size_t events = 0;
  std::vector<std::string> changes;  // "web: waiting -> starting", in their order
};

[[nodiscard]] Replayed replay_trace(std::string_view json);

}  // namespace sim
