#include "supervisor/config/template_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace supervisor {

std::optional<std::string> find_template_error(std::string_view text) {
  static const std::vector<std::string> kNames{"service", "stream", "host"};
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open)) {
    if (text.substr(open).starts_with("{{")) {
      open += 2;
      continue;
    }
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      return fmt::format("\"{}\" has no closing brace (write {{{{ for a brace)", text.substr(open));
    }
    const std::string_view name = text.substr(open + 1, close - open - 1);
    if (std::ranges::find(kNames, name) == kNames.end()) {
      const auto near = base::nearest(name, kNames);
      return fmt::format("there is no {{{}}} ({})", name,
                         near ? fmt::format("did you mean {{{}}}?", *near)
                              : "known are {service} {stream} {host}; {{ is a brace");
    }
    open = close;
  }
  return std::nullopt;
}

}  // namespace supervisor
