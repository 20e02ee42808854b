// Parses one TOML text into our own tree. The only file that knows the parser (toml++).
//
// Pure. A text is parsed to its end or to its first syntax error.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "supervisor/config/node.h"

namespace supervisor {

/// `source` names the text in every Origin.
[[nodiscard]] tl::expected<Node, Problem> parse_toml(std::string_view text,
                                                     const std::string& source);

}  // namespace supervisor
