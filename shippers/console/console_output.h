// One of birl's own outputs, written without trusting whoever reads it.
//
// The open file description behind descriptor 1 or 2 is shared with others (the shell that started
// birl, services with inherited stdio), so its O_NONBLOCK is not ours to change. Instead:
//
//     pipe, terminal, device   reopened by /proc/self/fd/N with O_NONBLOCK: a description of our
//                              own
//     socket                   send(MSG_DONTWAIT)
//     regular file             written as it is; reopening would lose the shared offset
//     what cannot be reopened  poll(), then a write of at most PIPE_BUF bytes: POLLOUT of a pipe
//                              promises room for that; another writer may take it first, and then
//                              this write waits, in the sink's own thread
//
// A write is never more than PIPE_BUF bytes and ends at a line's end where it can, so that on a
// pipe lines of several writers do not mix and a killed router leaves no half line. Whether the
// output ends inside a line is kept in a record of the router's state (file_record.h, only `open`):
// kUnknown while a write is under way that could be torn.
// Threads: the sink's. The descriptor is borrowed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "shippers/file/file_record.h"

namespace shippers {

class ConsoleOutput {
 public:
  ConsoleOutput(int fd, const std::string& name, FileRecord& record)
      : fd_(fd), name_(name), record_(record) {}

  /// Writes what the output takes at once of `bytes`; returns how much, 0 when it takes nothing
  /// now. `after` is the open line when all is written. An error makes the next call open again.
  [[nodiscard]] base::Result<std::size_t> write_some(std::string_view bytes, const OpenLine& after);

  void wait_writable(int timeout_ms) const;

  [[nodiscard]] const OpenLine& open_line() const { return record_.open; }

 private:
  enum class Mode { kClosed, kNonBlocking, kSocket, kFile, kPolled };

  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] base::Result<std::size_t> write_chunk(std::string_view chunk);
  [[nodiscard]] ssize_t call_write(std::string_view chunk) const;
  [[nodiscard]] int descriptor() const { return own_.valid() ? own_.get() : fd_; }

  int fd_;
  std::string name_;
  FileRecord& record_;
  Mode mode_ = Mode::kClosed;
  bool pipe_ = false;
  base::Fd own_;
};

}  // namespace shippers
