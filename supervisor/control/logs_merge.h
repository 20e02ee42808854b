// Merges the lines of several services by time.
//
// Each source's lines come in the order of their times. pop() gives the earliest line, and of equal
// ones the source with the smallest index; it can only do so when every source that is not finished
// has a line waiting: starving() names one that has none and must be read.
// Pure. Threads: one owner.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "supervisor/control/log_lines.h"

namespace supervisor {

struct SourceLine {
  std::size_t source = 0;
  LogLine line;

  friend bool operator==(const SourceLine&, const SourceLine&) = default;
};

class LogsMerge {
 public:
  explicit LogsMerge(std::size_t sources) : queues_(sources) {}

  void add(std::size_t source, LogLine line) { queues_[source].lines.push_back(std::move(line)); }
  void finish(std::size_t source) { queues_[source].finished = true; }

  [[nodiscard]] std::optional<std::size_t> starving() const;

  /// nullopt: a source is starving, or all lines are out.
  [[nodiscard]] std::optional<SourceLine> pop();

 private:
  struct Queue {
    std::deque<LogLine> lines;
    bool finished = false;
  };
  std::vector<Queue> queues_;
};

}  // namespace supervisor
