// A sink: where records end up. The router runs each file or console sink on a thread of its own
// (router/writer_thread.h), which calls the functions below and nothing else.
//
// A sink consumes *inputs*: one per service that is routed to it, each a RingConsumer. It takes
// what is there, writes it, and commits. It never waits for anything but its own write. Threads:
// all calls come from the sink's thread. Owner: the writer thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/diag.h"
#include "base/result.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/handoff/ring_reader.h"
#include "logging/router/background_thread.h"
#include "logging/router/dead_letters.h"
#include "logging/router/hang_watch.h"
#include "logging/sink_config.h"
#include "logging/sink_report.h"

namespace logging {

struct SinkInput {
  std::string service;
  RingConsumer* consumer = nullptr;  // outlives the sink's use of the input
  /// The frame at the cursor has killed the router three times: write it raw, parse nothing of it.
  bool poisoned = false;
};

struct ConsumeResult {
  bool progressed = false;        // something was committed; there may be more
  std::uint64_t retry_at_ns = 0;  // monotonic; 0: nothing to wait for but new frames
  /// Lines are held that may still grow: call again then at the latest, and when frames come.
  std::uint64_t look_again_ns = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;

  /// Called once per input before the first consume(); completes what a dead router left half done.
  /// An error is reported and attach() is called again a second later. Several sinks attach at the
  /// same time, each on its own thread.
  [[nodiscard]] virtual base::Result<void> attach(const SinkInput& input) = 0;

  /// Writes a bounded part (about 1 MiB) of what `input` has. Errors of the target are not
  /// returned: the sink reports them in its SinkReport and asks for a retry. The cursor may stand
  /// further on than this sink left it: lines dropped after block_limit are passed over.
  [[nodiscard]] virtual ConsumeResult consume(const SinkInput& input, std::uint64_t now_ns) = 0;

  /// What no line causes: rotation by time, syncing, telling how work in the background went.
  /// Called each time that the thread has looked at its inputs; returns when it has to be called
  /// again at the latest (monotonic), 0: whenever.
  [[nodiscard]] virtual std::uint64_t tend(std::uint64_t /*now_ns*/) { return 0; }

  virtual void reopen() = 0;  // someone moved the files
  virtual void rotate() = 0;

  /// No more lines come: what consume() holds because it may still grow, or for a fuller batch, is
  /// to be written now.
  virtual void end_input() {}

  /// `birl spool`: does it and writes the answer, a JSON object, into `reply`. A sink without a
  /// spool says so.
  virtual void manage_spool(SpoolAction action, base::Fd reply);

  /// True for a sink that parses what it takes: a poisoned frame is then dropped instead of given
  /// to it.
  [[nodiscard]] virtual bool parses_records() const { return false; }
};

/// What a sink may use of the router. Everything outlives the sink.
struct SinkContext {
  const RouterConfig& config;
  std::span<std::byte> file_records;  // the region of router_state.h, shared by all file sinks
  SinkReport& report;
  SinkState& state;  // that `report` writes to
  base::Diag& diag;
  HangWatch& hang_watch;         // of threads that the sink starts, before it starts them
  DeadLetters& dead_letters;     // where what it is refused goes
  BackgroundThread& background;  // of lowest priority; stopped before any sink goes
  std::function<void()> wake;    // has tend() called soon; any thread
};

/// Makes a sink from its configuration. Called on the router's main thread, before any sink thread
/// runs; it opens nothing that could hang (attach() does).
using SinkFactory =
    std::function<base::Result<std::unique_ptr<Sink>>(const SinkConfig&, const SinkContext&)>;

}  // namespace logging
