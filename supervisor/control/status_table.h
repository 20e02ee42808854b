// `birl status` for people: a table of services, one of sinks. Pure. Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/control/status_json.h"

namespace supervisor {

/// Left-aligned columns two spaces apart, no space at the end of a line.
[[nodiscard]] std::string format_columns(const std::vector<std::vector<std::string>>& rows);

/// `now_ns` is unix time, for "3m ago".
[[nodiscard]] std::string format_status_table(const StatusReport& report, std::uint64_t now_ns);

}  // namespace supervisor
