// The client's end of `events`: lines as they come, with --follow or without.
//
// Threads: blocking calls on the caller's. Owner: cmd_events.cpp, cmd_status.cpp.
#pragma once

#include <span>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/control/client.h"

namespace supervisor {

class EventStream {
 public:
  enum class Wait { kLines, kTimeout, kEnded };
  static constexpr int kForever = -1;

  /// `words`: the request.
  [[nodiscard]] static base::Result<EventStream> open(const Client& client,
                                                      std::span<const std::string> words);

  /// Until lines have come, the time is over, or it is the end: of the stream, or of whoever reads
  /// our standard output. An error that the server tells is returned as such.
  [[nodiscard]] base::Result<Wait> wait(int timeout_ms = kForever);
  /// The whole lines that have come, each with its newline.
  [[nodiscard]] std::string take_lines();

 private:
  explicit EventStream(base::Fd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] base::Result<Wait> receive();

  base::Fd socket_;
  std::string buffer_;
  bool checked_ = false;  // the first line was no error
};

}  // namespace supervisor
