// The byte layout of a ring: one per service, shared by PID 1, the router and `birl logs`.
//
// A ring is one memory file (base::make_memory_file), little-endian, mapped twice in a row so that
// a frame is always contiguous:
//
//     0            RingHeader            one page: identity, commit slots, tail
//     4096         ConsumerRecord[]      kConsumers records, 512 bytes each
//     kCarryAt     carry areas           kPipes x 2 areas of kPieceBytesMax (sparse until used)
//     kDataAt      data                  `capacity` bytes, a power of two; byte at position p is at
//                                        kDataAt + p % capacity
//
// Positions are u64 byte counts that only grow. The data between `tail` and the committed `head` is
// a sequence of frames, each FrameHeader + payload, padded to 8 bytes. A frame holds bytes of one
// pipe (one stream of one incarnation of the service): whole lines, except where flags say more.
//
// Commit: the producer fills the slot that is not valid and stores commit_sequence + 1 (release);
// the valid slot is commit_sequence % 2. A reader loads the sequence (acquire), copies the slot,
// and loads the sequence again: unequal means try again. The same protocol guards a consumer's
// record. The producer stores `tail` (release) before it overwrites anything below it.
//
// One producer (the router's intake thread); a consumer record has one writer (its sink's thread).
// PID 1 and `birl logs` only read. PID 1 maps nothing behind the consumer records and believes no
// value unchecked.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace logging {

struct RingLimits {
  static constexpr std::size_t kStreams = 2;
  static constexpr std::size_t kIncarnations = 5;  // the living one and four that linger
  static constexpr std::size_t kPipes = kIncarnations * kStreams;
  static constexpr std::size_t kConsumers = 24;
  static constexpr std::size_t kPieceBytesMax = 64 * 1024;  // a longer line becomes pieces
  static constexpr std::uint64_t kCapacityMin = 64 * 1024;
  static constexpr std::uint64_t kCapacityMax = std::uint64_t{1} << 30U;
};

inline constexpr std::uint64_t kRingMagic = 0x676e'6972'6c72'6962;  // "birlring"
inline constexpr std::uint32_t kRingVersion = 3;

enum class Stream : std::uint8_t { kStdout = 0, kStderr = 1 };

enum FrameFlags : std::uint8_t {
  kFrameContinues = 1,     // the first line goes on from an earlier frame of the same pipe
  kFrameMore = 2,          // the last line goes on in a later frame of the same pipe
  kFrameUnterminated = 4,  // the last line has no newline: its pipe ended there
};

/// A frame of no lines and without kFrameMore is a *notice*: one line of birl's own about what was
/// dropped before it, only in queues (router/sink_queue.h). It counts as no line anywhere.

/// `lines` counts the lines that end in this frame (a line counts with its last piece; an
/// unterminated one counts). `first_line` is the number of lines that ended in the ring before this
/// frame.
struct FrameHeader {
  std::uint32_t bytes;  // of payload, without padding; at least 1
  std::uint32_t lines;
  std::uint64_t first_line;
  std::uint64_t time_ns;  // realtime of the read
  Stream stream;
  std::uint8_t flags;
  std::uint16_t incarnation;
  std::uint32_t check;  // crc32-like over position and the other members; see ring_reader.h
};
static_assert(sizeof(FrameHeader) == 32);

inline constexpr std::uint64_t kFrameAlignment = 8;

/// The unfinished last line of one pipe: `bytes` in carry area `area` of that pipe.
struct CarryState {
  std::uint32_t bytes = 0;
  std::uint8_t area = 0;       // 0 or 1
  std::uint8_t open_line = 0;  // 1: pieces of this line are in the ring already
  std::uint16_t incarnation = 0;
};

/// Where a consumer stands: everything before it is delivered or dropped. `offset` payload bytes of
/// the frame at `frame` are done too (always whole lines); `line` lines ended before this place.
struct Cursor {
  std::uint64_t frame = 0;
  std::uint32_t offset = 0;
  std::uint32_t reserved = 0;
  std::uint64_t line = 0;

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// Of a ring that is a sink's queue: what its last commit took from the service's ring. It tells a
/// new router whether the cursor there has moved as well.
struct QueueTake {
  Cursor from;
  Cursor to;
  std::uint64_t lines = 0;       // of [from, to), that are in the queue
  std::uint64_t told_lines = 0;  // dropped lines that notices have told of, since it was made
};

struct CommitSlot {
  std::uint64_t head = 0;       // position behind the last committed frame
  std::uint64_t next_line = 0;  // lines received in all
  std::array<std::uint64_t, RingLimits::kStreams> stream_lines{};
  std::array<std::uint64_t, RingLimits::kStreams> stream_bytes{};
  std::uint64_t blocked_ns = 0;  // time that pipes waited for room
  std::uint64_t time_ns = 0;     // of the newest frame
  std::array<CarryState, RingLimits::kPipes> carry{};
  QueueTake take;
};

/// Why a line that was received is not delivered. The names are the contract of `status --json`.
enum class DropReason : std::uint8_t {
  kFiltered,
  kSampled,
  kDeduped,
  kRateLimited,
  kLapped,        // a lapping consumer was overtaken
  kBlockLimit,    // the target failed for longer than block_limit
  kPoison,        // parsing it killed the router three times
  kRejected,      // the destination refused it
  kRemoved,       // its service or sink was removed, or `birl spool drop`
  kRingDamaged,   // the ring failed its check and was replaced
  kSpoolFull,     // an outage outlasted the spool: its oldest lines made room
  kSpoolDamaged,  // the spool lost them: a failing or tampered disk
  kQueueFull,     // drop-newest, drop-by-level: there was no room for them
};
inline constexpr std::size_t kDropReasons = 13;
inline constexpr std::array<std::string_view, kDropReasons> kDropReasonNames{
    "filtered", "sampled", "deduped",      "rate_limited", "lapped",        "block_limit", "poison",
    "rejected", "removed", "ring_damaged", "spool_full",   "spool_damaged", "queue_full"};

using DropCounts = std::array<std::uint64_t, kDropReasons>;

/// Of the lines before the cursor, `spooled` wait in the sink's spool for the destination's answer:
/// they count as buffered, not as delivered.
struct ConsumerSlot {
  Cursor cursor;
  DropCounts dropped{};                // lines, since it attached
  std::uint64_t spooled = 0;           // lines
  std::uint64_t settled_sequence = 0;  // of the last spool record whose lines left `spooled`
};

enum class ConsumerKind : std::uint32_t { kGating = 1, kLapping = 2 };

struct ConsumerRecord {
  std::atomic<std::uint32_t> sink_id;  // sink_id_of(name); 0: free
  ConsumerKind kind;
  std::uint64_t attached_line;  // next_line when it attached; received = next_line - attached_line
  std::atomic<std::uint32_t> sequence;
  std::uint32_t reserved;
  std::array<ConsumerSlot, 2> slots;
};
inline constexpr std::size_t kConsumerRecordBytes = 512;
static_assert(sizeof(ConsumerRecord) <= kConsumerRecordBytes);

/// Of a ring that is a sink's queue, written once: what the consumer in the service's ring had
/// counted before the queue was there.
struct QueueOrigin {
  std::uint64_t source_ring_id;  // 0: it is no queue
  std::uint64_t settled_sequence;
  DropCounts dropped;
};

struct RingHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t reserved;
  std::uint64_t ring_id;  // unique for this boot
  std::uint64_t capacity;
  std::uint32_t piece_bytes_max;  // min(kPieceBytesMax, capacity / 4)
  std::uint32_t reserved2;
  alignas(64) std::atomic<std::uint64_t> tail;  // position of the oldest intact frame
  alignas(64) std::atomic<std::uint32_t> commit_sequence;
  std::array<CommitSlot, 2> slots;
  QueueOrigin origin;
};

inline constexpr std::size_t kPageBytes = 4096;
static_assert(sizeof(RingHeader) <= kPageBytes);
inline constexpr std::size_t kConsumersAt = kPageBytes;
inline constexpr std::size_t kCarryAt =
    kConsumersAt + RingLimits::kConsumers * kConsumerRecordBytes;
inline constexpr std::size_t kDataAt =
    kCarryAt + RingLimits::kPipes * 2 * RingLimits::kPieceBytesMax;
static_assert(kCarryAt % kPageBytes == 0 && kDataAt % kPageBytes == 0);

[[nodiscard]] constexpr std::size_t ring_file_bytes(std::uint64_t capacity) {
  return kDataAt + static_cast<std::size_t>(capacity);
}

/// Names a sink in shared memory: FNV-1a of its name, never 0.
[[nodiscard]] std::uint32_t sink_id_of(std::string_view sink_name);

}  // namespace logging
