// Templates such as "/var/log/{service}/{date:%F}.log": text with names in braces.
//
// `{{` is a brace, a lone `}` is itself, `}}` is one; any name that is not known is an error. A
// known name that ends in a colon ("date:") takes a date format behind it (date_format.h). Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace base {

struct TemplatePart {
  std::string name;  // as in the list of known names; empty: `text` stands for itself
  std::string text;  // the literal, or what stands behind the colon

  friend bool operator==(const TemplatePart&, const TemplatePart&) = default;
};

/// kInvalid with a message to be put behind "cannot use ...: ".
[[nodiscard]] Result<std::vector<TemplatePart>> parse_template(
    std::string_view text, std::span<const std::string_view> known);

}  // namespace base
