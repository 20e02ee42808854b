// Checks structured data by the grammar of RFC 5424, 6.3: [id@1 name="value" ...][...].
//
// Names in braces in values are somebody else's to check (template_check.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace supervisor {

/// What is wrong, to be put behind "cannot use ...: "; nothing when all is well. Empty text is.
[[nodiscard]] std::optional<std::string> find_structured_data_error(std::string_view text);

}  // namespace supervisor
