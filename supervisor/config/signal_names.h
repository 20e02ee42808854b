// Signal names as users write them: TERM, SIGTERM, term, 15, RTMIN+3, RTMAX-1.
//
// Linux numbers. Threads: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

/// The number that RTMIN+0 has for people and for container engines (glibc's; musl counts from 35).
inline constexpr int kSignalRtMin = 34;
inline constexpr int kSignalMax = 64;

[[nodiscard]] std::optional<int> parse_signal(std::string_view text);
[[nodiscard]] std::string format_signal(int signal);    // without SIG: "TERM", "RTMIN+3"; else "77"
[[nodiscard]] std::vector<std::string> signal_names();  // to find the nearest of a wrong one

}  // namespace supervisor
