// Numbered lines "WRITER NUMBER padding", and the proof that each came once and in order.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string>
#include <string_view>

namespace logging {

inline std::string numbered_line(int writer, int number) {
  // The length varies, so that lines straddle every border of reads, frames and rings.
  return fmt::format("{} {:08} {:.{}}\n", writer, number,
                     "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", number * 7 % 50);
}

inline std::string numbered_lines(int writer, int count) {
  std::string text;
  for (int number = 0; number < count; ++number) {
    text += numbered_line(writer, number);
  }
  return text;
}

class LineChecker {
 public:
  /// Whole lines, of any mix of writers.
  void take(std::string_view lines) {
    while (!lines.empty() && problem_.empty()) {
      const std::size_t end = lines.find('\n');
      take_line(lines.substr(0, end == std::string_view::npos ? lines.size() : end + 1));
      lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    }
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::map<int, int>& counts() const { return counts_; }

 private:
  void take_line(std::string_view line) {
    int writer = 0;
    std::from_chars(line.data(), line.data() + line.size(), writer);
    const int expected = counts_[writer]++;
    if (line != numbered_line(writer, expected)) {
      problem_ = fmt::format("line {} of writer {} came as \"{}\"", expected, writer, line);
    }
  }

  std::map<int, int> counts_;
  std::string problem_;
};

}  // namespace logging
