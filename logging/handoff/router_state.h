// The router's memory across its own deaths: one memory file that PID 1 makes and keeps.
//
//     RouterStateHeader   intake phase, sink states: one writer each (the thread that owns them)
//     file records        kFileRecords x kFileRecordBytes, laid out by shippers/file/file_record.h
//
// PID 1 maps only the header, read-only, and checks what it reads: it shows sink states in
// `status`.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "logging/handoff/ring_layout.h"

namespace logging {

struct RouterStateLimits {
  static constexpr std::size_t kSinks = 64;
  static constexpr std::size_t kFileRecords = 2048;  // one less than that for files
  static constexpr std::size_t kFileRecordBytes = 2048;
  static constexpr std::size_t kErrorBytes = 256;
};

inline constexpr std::uint64_t kRouterStateMagic = 0x6574'6174'736c'7269;  // "irlstate"
inline constexpr std::uint32_t kRouterStateVersion = 4;

/// What the intake thread was doing. See intake.h for the recovery arithmetic.
enum class IntakePhase : std::uint32_t { kIdle = 0, kSplice = 1, kRead = 2 };

struct IntakeState {
  std::uint64_t ring_id;
  std::uint32_t pipe;      // slot in the ring, 0 .. kPipes - 1
  std::uint32_t sequence;  // the ring's commit_sequence before this read: unequal means committed
  std::uint64_t bytes;     // in kRead: how many bytes the splice moved
  std::atomic<IntakePhase> phase;
};

enum class SinkHealth : std::uint32_t { kOk = 0, kRetrying = 1, kParked = 2, kBlocked = 3 };

/// Which frame a consumer is about to parse, so that a frame that kills the router is known.
struct PoisonNote {
  std::uint64_t ring_id;
  std::uint64_t frame;
  std::uint32_t deaths;  // routers that died while this frame was being taken
  std::uint32_t active;  // 1 while a sink is at it
};

/// Lines in a sink's spool whose rings are gone: of an earlier boot, or of a ring that was
/// replaced. No ring counts them, so the sink does.
struct InheritedLines {
  std::uint64_t spooled = 0;
  std::uint64_t delivered = 0;
  DropCounts dropped{};
  std::uint64_t settled_sequence = 0;  // of the last spool record that left `spooled`
};

/// How much a sink had delivered at two times some seconds apart: what a rate is made of.
struct DeliveryMarks {
  std::uint64_t since_ns = 0;  // monotonic; 0: there is no earlier one
  std::uint64_t delivered = 0;
  std::uint64_t last_ns = 0;
  std::uint64_t last_delivered = 0;
};

struct SinkState {
  std::atomic<std::uint32_t> sink_id;  // 0: free
  std::atomic<SinkHealth> health;
  PoisonNote note;
  std::atomic<std::uint64_t> error_time_ns;   // realtime of last_error; 0: none
  std::atomic<std::uint32_t> error_sequence;  // odd while last_error is being written
  std::array<char, RouterStateLimits::kErrorBytes> last_error;  // NUL-terminated
  std::atomic<std::uint64_t> spool_bytes;
  std::atomic<std::uint64_t> retries;          // requests that had to be sent again
  std::atomic<std::uint64_t> oldest_ring_ns;   // realtime of the oldest line that waits in a ring,
  std::atomic<std::uint64_t> oldest_spool_ns;  // ... in the spool; 0: none that is known
  std::atomic<std::uint32_t> marks_sequence;   // guards `marks`
  std::array<DeliveryMarks, 2> marks;
  /// 1: what its spool holds outlives this boot, and its destination does not take it now: an
  /// orderly end does not wait for it.
  std::atomic<std::uint32_t> keeps_spool;
  std::atomic<std::uint32_t> inherited_sequence;  // guards `inherited` (shared_slot.h)
  std::array<InheritedLines, 2> inherited;
};

struct RouterStateHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  IntakeState intake;
  std::array<SinkState, RouterStateLimits::kSinks> sinks;
};

inline constexpr std::size_t kRouterStateHeaderBytes = 64 * 1024;
static_assert(sizeof(RouterStateHeader) <= kRouterStateHeaderBytes);
inline constexpr std::size_t kFileRecordsBytes =
    RouterStateLimits::kFileRecords * RouterStateLimits::kFileRecordBytes;
inline constexpr std::size_t kRouterStateBytes = kRouterStateHeaderBytes + kFileRecordsBytes;

}  // namespace logging
