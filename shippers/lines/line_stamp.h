// The time stamp before a line, of the moment at which birl read it (UTC):
//
//     iso      2024-01-02T03:04:05.678901234Z    RFC 3339, nanoseconds
//     tai64n   @4000000065937d2f287735f2         seconds and nanoseconds in hexadecimal
//     unix     1704164645.678901234
//
// A tai64n label counts from 2^62 and is 10 s ahead of unix time at any date, leap seconds or not,
// as daemontools, multilog and svlogd write it: `tai64nlocal` shows the time that `iso` would have.
// (s6 adds the leap seconds since 1972 instead; s6-tai64nlocal would show these 27 s early.)
//
// All have one width for centuries, so they sort as text. Lines of one read share their time; the
// part down to the second is kept from line to line. Threads: the owner's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "logging/sink_config.h"

namespace shippers {

class LineStamp {
 public:
  explicit LineStamp(logging::Timestamp kind) : kind_(kind) {}

  /// The stamp, without a space; empty for kNone. Good until the next call.
  [[nodiscard]] std::string_view at(std::uint64_t realtime_ns);

 private:
  static constexpr std::size_t kBytesMax = 40;

  void write_second(std::uint64_t second);

  logging::Timestamp kind_;
  std::array<char, kBytesMax> text_{};
  std::size_t bytes_ = 0;        // 0: nothing was written yet
  std::size_t fraction_at_ = 0;  // where the nanoseconds begin
  std::uint64_t time_ns_ = 0;    // what text_ says
};

}  // namespace shippers
