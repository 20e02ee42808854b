// birl's own messages, one line each, written without ever blocking.
//
// A line goes to `fd` in one write of at most PIPE_BUF bytes (so that lines of several writers do
// not mix); when the descriptor would block the line is dropped and counted, and the next line that
// gets through says how many are missing. The text is "level message\n": whoever shows it strips or
// keeps the level. Threads: any; the counters are atomic.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace base {

enum class DiagLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };

[[nodiscard]] std::string_view diag_level_name(DiagLevel level);

class Diag {
 public:
  /// `fd` is borrowed. `prefix` goes before every line and must be a
  /// string with static lifetime.
  Diag(int fd, DiagLevel lowest, std::string_view prefix)
      : fd_(fd), lowest_(lowest), prefix_(prefix) {}

  template <typename... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) {
    log(DiagLevel::kDebug, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    log(DiagLevel::kInfo, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    log(DiagLevel::kWarn, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) {
    log(DiagLevel::kError, format, std::forward<Args>(args)...);
  }

  /// From now on lines go to another descriptor (a ring's pipe instead of standard error).
  void redirect(int fd, std::string_view prefix) {
    fd_.store(fd, std::memory_order_relaxed);
    prefix_ = prefix;
  }
  void set_lowest(DiagLevel lowest) { lowest_ = lowest; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  template <typename... Args>
  void log(DiagLevel level, fmt::format_string<Args...> format, Args&&... args) {
    if (level >= lowest_) {
      write_line(level, fmt::format(format, std::forward<Args>(args)...));
    }
  }
  void write_line(DiagLevel level, std::string_view message);

  std::atomic<int> fd_;
  DiagLevel lowest_;
  std::string_view prefix_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<std::uint64_t> dropped_told_{0};
};

}  // namespace base
