#include "supervisor/control/logs_merge.h"

namespace supervisor {

std::optional<std::size_t> LogsMerge::starving() const {
  for (std::size_t source = 0; source < queues_.size(); ++source) {
    if (queues_[source].lines.empty() && !queues_[source].finished) {
      return source;
    }
  }
  return std::nullopt;
}

std::optional<SourceLine> LogsMerge::pop() {
  std::optional<std::size_t> earliest;
  for (std::size_t source = 0; source < queues_.size(); ++source) {
    const Queue& queue = queues_[source];
    if (queue.lines.empty() && !queue.finished) {
      return std::nullopt;
    }
    if (!queue.lines.empty() &&
        (!earliest || queue.lines.front().time_ns < queues_[*earliest].lines.front().time_ns)) {
      earliest = source;
    }
  }
  if (!earliest) {
    return std::nullopt;
  }
  SourceLine next{.source = *earliest, .line = std::move(queues_[*earliest].lines.front())};
  queues_[*earliest].lines.pop_front();
  return next;
}

}  // namespace supervisor
