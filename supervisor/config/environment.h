// The process environment as a value, so that tests give their own.
#pragma once

#include <map>
#include <string>

namespace supervisor {

using Environment = std::map<std::string, std::string>;

/// From `environ`; entries without `=` are skipped, of equal names the first counts.
[[nodiscard]] Environment make_environment(const char* const* entries);

}  // namespace supervisor
