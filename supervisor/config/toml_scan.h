// What we look for in a TOML text before a parser sees it: bytes that are no text, and keys so deep
// that a recursive parser would run out of stack.
//
// Pure. Errors carry line and column (from 1, in characters).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "supervisor/config/problem.h"

namespace supervisor {

constexpr std::size_t kKeyPartsMax = 32;  // a.b.c has three

/// The first thing in `text` that no parser should be given.
[[nodiscard]] std::optional<Problem> scan_toml(std::string_view text, const std::string& source);

}  // namespace supervisor
