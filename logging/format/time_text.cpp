#include "logging/format/time_text.h"

#include <algorithm>
#include <string>

#include "base/clock.h"
#include "base/text.h"

namespace logging {

std::string_view TimeText::write(std::uint64_t time_ns) {
  constexpr std::size_t kFractionAt = 20;  // behind the point
  constexpr std::size_t kDigits = 9;
  const std::uint64_t second = time_ns / base::kNsPerSecond;
  if (second != second_) {
    const std::string whole = base::format_rfc3339_ms(second * base::kNsPerSecond);
    std::copy_n(whole.begin(), kFractionAt, text_.begin());
    text_.back() = 'Z';
    second_ = second;
  }
  std::uint64_t rest = time_ns % base::kNsPerSecond;
  for (std::size_t index = kDigits; index-- > 0;) {
    text_[kFractionAt + index] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  return {text_.data(), text_.size()};
}

}  // namespace logging
