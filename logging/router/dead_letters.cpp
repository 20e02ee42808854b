#include "logging/router/dead_letters.h"

#include <unistd.h>

#include <cerrno>

namespace logging {

void DeadLetters::add(const std::string& sink, base::Fd pipe, bool had_writer) {
  const std::scoped_lock lock(mutex_);
  Box& box = boxes_[sink];
  box.pipe = std::move(pipe);
  box.rest.assign(had_writer ? 1 : 0, '\n');  // ends what may stand there half
}

bool DeadLetters::put(const std::string& sink, std::string_view line) {
  const std::scoped_lock lock(mutex_);
  const auto found = boxes_.find(sink);
  if (found == boxes_.end()) {
    return true;
  }
  Box& box = found->second;
  if (!flush(box)) {
    return false;
  }
  box.rest.assign(line);
  box.rest += '\n';
  const std::size_t whole = box.rest.size();
  if (!flush(box) && box.rest.size() == whole) {
    box.rest.clear();  // nothing of it went in: it is the caller's still
    return false;
  }
  return true;
}

/// Nothing of a line is left over.
bool DeadLetters::flush(Box& box) {
  while (!box.rest.empty()) {
    const ssize_t count = ::write(box.pipe.get(), box.rest.data(), box.rest.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return false;
    }
    box.rest.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace logging
