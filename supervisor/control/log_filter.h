// Which lines `birl logs` shows: by stream, time and text.
//
// Threads: one owner.
#pragma once

#include <regex.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logging/handoff/ring_layout.h"
#include "supervisor/control/log_lines.h"

namespace supervisor {

/// A moment of the calendar, as the last form below and as base::format_rfc3339_ms writes it, in ns
/// since 1970; nullopt: it is none.
[[nodiscard]] std::optional<std::uint64_t> parse_calendar(std::string_view text);

/// A moment as people write it on a command line, in ns since 1970:
///
///     5m, 1h30m                     that long before `now_ns`
///     1704164645                    seconds since 1970
///     2024-01-02                    midnight, UTC
///     2024-01-02T03:04[:05[.678]]   also with a blank for T; then Z or +02:00, without: UTC
[[nodiscard]] base::Result<std::uint64_t> parse_moment(std::string_view text, std::uint64_t now_ns);

/// A POSIX extended regular expression, as grep -E has it.
class LinePattern {
 public:
  [[nodiscard]] static base::Result<LinePattern> compile(const std::string& pattern);
  /// Whether it is found anywhere in `text`; NUL bytes separate.
  [[nodiscard]] bool finds_in(const std::string& text) const;

 private:
  struct Compiled {
    Compiled() = default;
    Compiled(const Compiled&) = delete;
    Compiled& operator=(const Compiled&) = delete;
    ~Compiled();
    regex_t regex{};
    bool valid = false;
  };
  explicit LinePattern(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::unique_ptr<Compiled> compiled_;
};

struct LogFilter {
  std::optional<logging::Stream> stream;
  std::optional<std::uint64_t> since_ns;  // lines of that moment and later
  std::optional<std::uint64_t> until_ns;  // lines before it
  std::optional<LinePattern> pattern;

  [[nodiscard]] bool takes(const LogLine& line) const;
};

}  // namespace supervisor
