// Checks a template such as "/var/log/{service}/current" by the rules of base/text_template.h.
//
// Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace supervisor {

/// What is wrong, to be put behind "cannot use ...: "; nothing when all is well.
[[nodiscard]] std::optional<std::string> find_template_error(
    std::string_view text, std::span<const std::string_view> known);

}  // namespace supervisor
