// A record of the spool, byte by byte: one batch of events, and which part of which rings it holds.
//
//     0    magic u64, sequence u64, payload_bytes u32, events u32, ranges u16, kind u16, check u32
//     32   ranges x 128 bytes: ring_id u64, from, to (frame u64, offset u32, - u32, line u64 each),
//          lines u64, dropped u32 x 14 (by DropReason), time_ns u64
//     ...  payload: events, each {bytes u32, lines u32, key_bytes u16, range u16} + key + text
//
// Little-endian. `check` is the CRC-32 of the header with check 0, the ranges and the payload, so a
// reader that meets damage finds the next whole record by its magic. `lines` of a range wait for
// the destination's answer; `dropped` were given up on the way here, and with them they are the
// lines of [from, to). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "logging/handoff/ring_layout.h"

namespace shippers {

struct SpoolRecordLimits {
  static constexpr std::size_t kPayloadBytes = 64U << 20U;
  static constexpr std::size_t kRanges = 4096;
  static constexpr std::size_t kKeyBytes = 0xffff;
};

inline constexpr std::uint64_t kSpoolMagic = 0x6c6f'6f70'736c'7269;  // "irlspool"

/// kSummary is the last record of a full segment: its ranges are those of all its batches, added
/// up.
enum class SpoolRecordKind : std::uint16_t { kBatch = 1, kSummary = 2 };

struct SpoolHeader {
  std::uint64_t magic = kSpoolMagic;
  std::uint64_t sequence = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t events = 0;
  std::uint16_t ranges = 0;
  SpoolRecordKind kind = SpoolRecordKind::kBatch;
  std::uint32_t check = 0;
};
static_assert(sizeof(SpoolHeader) == 32);

struct RingRange {
  std::uint64_t ring_id = 0;
  logging::Cursor from;
  logging::Cursor to;
  std::uint64_t lines = 0;
  std::array<std::uint32_t, 14> dropped{};
  std::uint64_t time_ns = 0;  // realtime of its first line; 0: an older router has written it

  friend bool operator==(const RingRange&, const RingRange&) = default;
};
static_assert(sizeof(RingRange) == 128 && logging::kDropReasons <= 14);

struct SpoolRecord {
  std::uint64_t sequence = 0;
  SpoolRecordKind kind = SpoolRecordKind::kBatch;
  std::uint32_t events = 0;
  std::vector<RingRange> ranges;
  std::string payload;

  friend bool operator==(const SpoolRecord&, const SpoolRecord&) = default;
};

[[nodiscard]] std::string encode_record(const SpoolRecord& record);

/// Bytes of the whole record that begins with `header`; nothing: it is none, or its sizes are
/// beyond the limits.
[[nodiscard]] std::optional<std::size_t> record_bytes(const SpoolHeader& header);

/// `bytes` is exactly what record_bytes() says. Nothing: the check fails.
[[nodiscard]] std::optional<SpoolRecord> decode_record(std::string_view bytes);

/// One event of a payload; views it.
struct SpoolEvent {
  std::string_view key;   // what the vendor groups by; may be empty
  std::string_view text;  // as the vendor encodes it
  std::uint32_t lines = 1;
  std::uint16_t range = 0;  // index of the ring range that it comes from

  friend bool operator==(const SpoolEvent&, const SpoolEvent&) = default;
};

inline constexpr std::size_t kEventHeaderBytes = 12;

void append_event(std::string& payload, const SpoolEvent& event);

/// In order. What does not parse (it passed its check: a bug) ends the list.
[[nodiscard]] std::vector<SpoolEvent> split_events(std::string_view payload);

}  // namespace shippers
