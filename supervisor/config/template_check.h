// Checks a template such as "/var/log/{service}/current": every name in braces is known, `{{`
// stands for a brace.
//
// Pure. The same rules as the sinks that fill templates in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace supervisor {

/// What is wrong, to be put behind "cannot use ...: "; nothing when all is well.
[[nodiscard]] std::optional<std::string> find_template_error(std::string_view text);

}  // namespace supervisor
