#include "logging/tap.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace logging {

void Tap::add(base::Fd pipe) {
  if (base::set_nonblocking(pipe.get(), true)) {
    outputs_.push_back({.pipe = std::move(pipe)});
  }
}

void Tap::offer(std::string_view bytes) {
  std::erase_if(outputs_, [&](Output& output) { return !write(output, bytes); });
}

void Tap::offer(std::span<const iovec> parts) {
  for (const iovec& part : parts) {
    offer(std::string_view(static_cast<const char*>(part.iov_base), part.iov_len));
  }
}

/// False: its reader is gone.
bool Tap::write(Output& output, std::string_view bytes) {
  if (bytes.empty()) {
    return true;
  }
  if (output.missed_bytes > 0 && !tell_missed(output)) {
    return false;
  }
  ssize_t count = 0;
  if (output.missed_bytes == 0) {
    count = ::write(output.pipe.get(), bytes.data(), bytes.size());
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      return false;
    }
  }
  const auto written = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (written > 0) {
    output.inside_line = bytes[written - 1] != '\n';
  }
  output.missed_bytes += bytes.size() - written;
  return true;
}

/// Says so once there is room for it; it is short enough for a pipe to take it whole or not at all.
bool Tap::tell_missed(Output& output) {
  const std::string text = fmt::format("{}birl: {} bytes are not shown, for they came too fast\n",
                                       output.inside_line ? "\n" : "", output.missed_bytes);
  const ssize_t count = ::write(output.pipe.get(), text.data(), text.size());
  if (count == static_cast<ssize_t>(text.size())) {
    output.missed_bytes = 0;
    output.inside_line = false;
    return true;
  }
  return count < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace logging
