// Rows as lines of columns, as wide as their words need. Pure.
#pragma once

#include <string>
#include <vector>

namespace shippers {

/// Two spaces between columns, none at the end of a line. All rows have as many cells as the first.
[[nodiscard]] std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace shippers
