// Lists of names, globs and exclusions: `["web*", "!web-debug"]`. "web" takes web@2 too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace base {

/// "web" of "web@2", and of "web".
[[nodiscard]] constexpr std::string_view name_stem(std::string_view name) {
  return name.substr(0, name.find('@'));
}

/// The last pattern that matches decides; only exclusions begin with everything; an empty list
/// takes nothing.
[[nodiscard]] bool takes_name(const std::vector<std::string>& patterns, std::string_view name);

}  // namespace base
