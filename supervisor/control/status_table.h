// `birl status` for people: a table of services, one of sinks. Pure. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/control/status_json.h"

namespace supervisor {

/// Left-aligned columns two spaces apart, no space at the end of a line.
[[nodiscard]] std::string format_columns(const std::vector<std::vector<std::string>>& rows);

/// `now_ns` is unix time, for "3m ago".
[[nodiscard]] std::string format_status_table(const StatusReport& report, std::uint64_t now_ns);

struct ScreenSize {
  std::size_t rows = 0;  // 0: not known, as columns
  std::size_t columns = 0;
};

/// What of `text` a screen shows without scrolling or wrapping: its first lines, each cut; the last
/// row stays free for the cursor, and says how many lines are missing.
[[nodiscard]] std::string fit_to_screen(std::string_view text, const ScreenSize& size);

}  // namespace supervisor
