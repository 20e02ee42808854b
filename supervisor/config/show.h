// Prints a merged configuration as TOML, each key with the place it comes from as a comment.
//
// Pure. Secrets are masked; `${}` is shown expanded, or as written where something is missing.
#pragma once

#include <string>

#include "supervisor/config/node.h"

namespace supervisor {

[[nodiscard]] std::string show_config(const Node& root);

}  // namespace supervisor
