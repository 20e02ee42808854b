// Finding payment card numbers: 13 to 19 digits, single blanks or dashes between them.
//
// A number counts when its prefix is one that is issued and its Luhn sum is right. Text is passed
// over in steps of the shortest card. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "logging/pipeline/secrets.h"

namespace logging {

/// The first that begins at `from` or behind it.
[[nodiscard]] std::optional<SecretSpan> find_card(std::string_view text, std::size_t from);

}  // namespace logging
