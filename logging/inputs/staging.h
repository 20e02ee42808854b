// Reading a pipe into a ring so that a SIGKILL at any instant neither loses nor doubles a byte.
//
// The *staging pipe* belongs to PID 1 and only the router writes to it. A read is
//
//     phase = kSplice      ring, pipe and the ring's commit sequence are noted before
//     n = splice(service pipe -> staging)
//     bytes = n, phase = kRead
//     read(staging -> ring) until n bytes are there
//     commit in the ring   its commit sequence moves on
//     phase = kIdle
//
// A new router finds by arithmetic where the last one stopped: in kSplice n is what lies in the
// staging pipe; in kRead `bytes` minus that is in the ring already, uncommitted, at the place that
// prepare() names again; and a sequence that moved on says that the commit had happened.
// A packet of an O_DIRECT pipe keeps its border in the staging pipe; reads ask for everything that
// is left, so that none is cut short.
// Threads: the intake's. Owner: the intake.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/diag.h"
#include "base/fd.h"
#include "logging/handoff/ring_writer.h"
#include "logging/handoff/router_state.h"

namespace logging {

struct ReadResult {
  enum class Outcome { kData, kEmpty, kEnd, kNoSplice };
  Outcome outcome = Outcome::kEmpty;
  std::size_t bytes = 0;
};

class Staging {
 public:
  Staging(IntakeState& state, base::Fd read_end, base::Fd write_end, base::Diag& diag);

  /// At most `limit` bytes, which is what writer.room() allows. Never waits.
  [[nodiscard]] ReadResult read(RingWriter& writer, std::size_t pipe, int fd, std::size_t limit);

  /// The same for a descriptor that splice refuses. Not exact: what a router had read and not
  /// committed when it was killed is lost.
  [[nodiscard]] static ReadResult read_directly(RingWriter& writer, std::size_t pipe, int fd,
                                                std::size_t limit);

  /// The ring of an interrupted read; 0: there is none.
  [[nodiscard]] std::uint64_t interrupted_ring() const;

  /// Completes the interrupted read. `writer` is that ring's, nullptr when the ring is gone.
  void recover(RingWriter* writer);

 private:
  void enter(IntakePhase phase) { state_.phase.store(phase, std::memory_order_release); }
  void finish(RingWriter& writer, std::size_t pipe, std::size_t bytes, std::size_t got);
  [[nodiscard]] std::size_t bytes_inside() const;
  void discard();

  IntakeState& state_;
  base::Fd read_end_;
  base::Fd write_end_;
  base::Diag& diag_;
};

}  // namespace logging
