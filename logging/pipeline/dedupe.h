// Repetitions: the same message, level and stream again within the window.
//
// The first passes; what follows is dropped, until something else comes or the window ends. Then
// one record says "repeated N times", with the time of the last. It stands for no line of the
// ledger: those were counted as dropped when they came. A value, like the rate limit. Time is the
// records'.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "logging/record.h"

namespace logging {

class Dedupe {
 public:
  explicit Dedupe(std::uint64_t window_ns) : window_ns_(window_ns) {}

  struct Summary {
    std::uint64_t repeated = 0;  // 0: there is nothing to say
    std::uint64_t last_ns = 0;
    Severity severity = Severity::kInfo;
    std::string message;  // that was repeated
  };

  /// True: the record passes; `before` is to be said first, if anything.
  [[nodiscard]] bool passes(const Record& record, Summary& before);

 private:
  struct Last {
    bool known = false;
    Severity severity = Severity::kInfo;
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::uint64_t repeated = 0;
    std::string message;
  };

  std::uint64_t window_ns_;
  std::array<Last, RingLimits::kStreams> last_;
};

}  // namespace logging
