// Signal names as users write them: TERM, SIGTERM, 15, RTMIN+3.
//
// Linux numbers; RTMIN is the C library's (34 with glibc), as kill(1) prints them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

[[nodiscard]] std::optional<int> parse_signal(std::string_view name);
[[nodiscard]] std::string format_signal(int signal);    // "TERM", "RTMIN+3"; "99" when unknown
[[nodiscard]] std::vector<std::string> signal_names();  // to find the nearest of a wrong one

}  // namespace supervisor
