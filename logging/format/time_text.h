// A record's time as text: RFC 3339, UTC, nine digits: 2024-01-02T03:04:05.678901234Z.
//
// What a second's times share is kept, for records of one second come together. Threads: one owner.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace logging {

class TimeText {
 public:
  static constexpr std::size_t kBytes = 30;

  /// Good until the next call.
  [[nodiscard]] std::string_view write(std::uint64_t time_ns);

 private:
  std::array<char, kBytes> text_{};
  std::uint64_t second_ = UINT64_MAX;
};

}  // namespace logging
