#include "shippers/table_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace shippers {

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      text += fmt::format("{:{}}  ", row[column], widths[column]);
    }
    text += row.back() + "\n";
  }
  return text;
}

}  // namespace shippers
