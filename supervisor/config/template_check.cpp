#include "supervisor/config/template_check.h"

#include "base/text_template.h"

namespace supervisor {

std::optional<std::string> find_template_error(std::string_view text,
                                               std::span<const std::string_view> known) {
  const auto parsed = base::parse_template(text, known);
  return parsed ? std::nullopt : std::optional<std::string>(parsed.error().message);
}

}  // namespace supervisor
