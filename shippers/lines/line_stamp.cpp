#include "shippers/lines/line_stamp.h"

#include <fmt/format.h>

#include <ctime>

#include "base/clock.h"

namespace shippers {

namespace {

using logging::Timestamp;

constexpr std::uint64_t kTaiOfUnixEpoch = (std::uint64_t{1} << 62U) + 10;
constexpr std::size_t kDecimalFraction = 9;
constexpr std::size_t kHexFraction = 8;

/// Writes `value` in that base with leading zeros, into exactly `digits` bytes.
void write_digits(char* to, std::size_t digits, std::uint32_t value, std::uint32_t base) {
  for (std::size_t at = digits; at > 0; --at) {
    to[at - 1] = "0123456789abcdef"[value % base];
    value /= base;
  }
}

}  // namespace

void LineStamp::write_second(std::uint64_t second) {
  char* end = text_.data();
  switch (kind_) {
    case Timestamp::kNone:
      break;
    case Timestamp::kIso: {
      const auto seconds = static_cast<std::time_t>(second);
      std::tm utc{};
      ::gmtime_r(&seconds, &utc);
      // A clock that is centuries off must not write behind the text.
      end = fmt::format_to_n(end, kBytesMax - kDecimalFraction - 1,
                             "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.", utc.tm_year + 1900,
                             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec)
                .out;
      break;
    }
    case Timestamp::kTai64n:
      end = fmt::format_to(end, "@{:016x}", kTaiOfUnixEpoch + second);
      break;
    case Timestamp::kUnix:
      end = fmt::format_to(end, "{}.", second);
      break;
  }
  fraction_at_ = static_cast<std::size_t>(end - text_.data());
  bytes_ = fraction_at_ + (kind_ == Timestamp::kTai64n ? kHexFraction : kDecimalFraction);
  if (kind_ == Timestamp::kIso) {
    text_[bytes_] = 'Z';
    ++bytes_;
  }
}

std::string_view LineStamp::at(std::uint64_t realtime_ns) {
  if (kind_ == Timestamp::kNone) {
    return {};
  }
  if (bytes_ == 0 || realtime_ns != time_ns_) {
    const std::uint64_t second = realtime_ns / base::kNsPerSecond;
    if (bytes_ == 0 || second != time_ns_ / base::kNsPerSecond) {
      write_second(second);
    }
    const auto fraction = static_cast<std::uint32_t>(realtime_ns % base::kNsPerSecond);
    char* const to = text_.data() + fraction_at_;
    if (kind_ == Timestamp::kTai64n) {
      write_digits(to, kHexFraction, fraction, 16);
    } else {
      write_digits(to, kDecimalFraction, fraction, 10);
    }
    time_ns_ = realtime_ns;
  }
  return {text_.data(), bytes_};
}

}  // namespace shippers
