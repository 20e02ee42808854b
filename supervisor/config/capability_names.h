// Linux capabilities by name (capabilities(7)), as in `capabilities.keep`. The kernel header's
// numbers are an ABI and never change. Pure. Threads: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

/// "NET_BIND_SERVICE", also in lower case and behind "CAP_", gives 10.
[[nodiscard]] std::optional<int> parse_capability(std::string_view name);
/// The name without "CAP_"; the digits for a number that this birl does not know.
[[nodiscard]] std::string format_capability(int capability);
[[nodiscard]] std::vector<std::string> capability_names();

}  // namespace supervisor
