// Lists of names, globs and exclusions: `["web*", "!web-debug"]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace base {

/// The last pattern that matches decides; only exclusions begin with everything; an empty list
/// takes nothing.
[[nodiscard]] bool takes_name(const std::vector<std::string>& patterns, std::string_view name);

}  // namespace base
