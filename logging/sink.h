// A sink: where records end up. The router runs each file or console sink on a thread of its own
// (router/writer_thread.h), which calls the functions below and nothing else.
//
// A sink consumes *inputs*: one per service that is routed to it, each a RingConsumer. It takes
// what is there, writes it, and commits. It never waits for anything but its own write. Threads:
// all calls come from the sink's thread. Owner: the writer thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "logging/handoff/ring_reader.h"

namespace logging {

struct SinkInput {
  std::string service;
  RingConsumer* consumer = nullptr;  // outlives the sink's use of the input
};

struct ConsumeResult {
  bool progressed = false;        // something was committed; there may be more
  std::uint64_t retry_at_ns = 0;  // monotonic; 0: nothing to wait for but new frames
};

class Sink {
 public:
  virtual ~Sink() = default;

  /// Called once per input before the first consume(); completes what a dead router left half done.
  [[nodiscard]] virtual base::Result<void> attach(const SinkInput& input) = 0;

  /// Writes a bounded part (about 1 MiB) of what `input` has. Errors of the target are not
  /// returned: the sink reports them in its SinkState and asks for a retry.
  [[nodiscard]] virtual ConsumeResult consume(const SinkInput& input, std::uint64_t now_ns) = 0;

  virtual void reopen() = 0;  // someone moved the files
  virtual void rotate() = 0;
};

}  // namespace logging
