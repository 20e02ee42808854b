#include "supervisor/control/event_stream.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "base/unix_socket.h"
#include "supervisor/control/reply.h"

namespace supervisor {

base::Result<EventStream> EventStream::open(const Client& client,
                                            std::span<const std::string> words) {
  TRY_ASSIGN(base::Fd socket, client.begin(words));
  return EventStream(std::move(socket));
}

base::Result<EventStream::Wait> EventStream::wait(int timeout_ms) {
  for (;;) {
    std::array<pollfd, 2> looks{{{.fd = socket_.get(), .events = POLLIN, .revents = 0},
                                 {.fd = STDOUT_FILENO, .events = 0, .revents = 0}}};
    const int ready = ::poll(looks.data(), looks.size(), timeout_ms);
    if (ready == 0) {
      return Wait::kTimeout;
    }
    if ((looks[1].revents & POLLERR) != 0) {
      return Wait::kEnded;
    }
    if (looks[0].revents != 0) {
      TRY_ASSIGN(const Wait got, receive());
      if (got != Wait::kTimeout) {
        return got;
      }
    }
  }
}

/// kTimeout: no whole line yet.
base::Result<EventStream::Wait> EventStream::receive() {
  auto message = base::receive_message(socket_.get());
  if (!message) {
    return message.error().code == base::ErrorCode::kUnavailable
               ? base::Result<Wait>(Wait::kEnded)
               : tl::unexpected(std::move(message).error());
  }
  if (*message) {
    buffer_.append(reinterpret_cast<const char*>((*message)->bytes.data()),
                   (*message)->bytes.size());
  }
  if (buffer_.find('\n') == std::string::npos) {
    return Wait::kTimeout;
  }
  if (!std::exchange(checked_, true)) {
    TRY(check_reply(buffer_));
  }
  return Wait::kLines;
}

std::string EventStream::take_lines() {
  const std::size_t end = buffer_.rfind('\n') + 1;  // 0: there is none
  std::string lines = buffer_.substr(0, end);
  buffer_.erase(0, end);
  return lines;
}

}  // namespace supervisor
