// How a sink says how it is: its health and its last error, in the shared SinkState that
// `birl status` shows; and what it writes, to whoever taps it.
//
// The writer thread reads the health too: a gating sink that is not kOk for longer than block_limit
// loses its oldest lines while the ring is full. A sink reports failing() each time that its target
// fails and working() when it works again; repeating either costs nothing but a few stores.
// Threads: the sink's own thread writes; any may read health(). Owner: the router.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "logging/handoff/router_state.h"
#include "logging/tap.h"

namespace logging {

class SinkReport {
 public:
  explicit SinkReport(SinkState& state) : state_(state) {}

  /// The target works: health is kOk. The last error stays readable.
  void working();

  /// The target fails; `health` says what the sink does about it (kRetrying for most).
  void failing(SinkHealth health, std::string_view message);
  void failing(SinkHealth health, const base::Error& error) { failing(health, error.message); }

  [[nodiscard]] SinkHealth health() const;
  [[nodiscard]] bool is_failing() const { return health() != SinkHealth::kOk; }

  /// Of the sink's own thread alone.
  [[nodiscard]] Tap& tap() { return tap_; }

 private:
  SinkState& state_;
  Tap tap_;
};

}  // namespace logging
