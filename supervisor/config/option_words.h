// Options whose value may be a word where the struct holds a number: `exit_code = "primary"`,
// `block_limit = "never"`. The word stands for the member's zero value (unset, 0).
#pragma once

#include <array>
#include <string_view>

namespace supervisor {

struct OptionWord {
  std::string_view key;
  std::string_view word;
};

constexpr std::array<OptionWord, 3> kOptionWords{{
    {"exit_code", "primary"},
    {"block_limit", "never"},
    {"spool", "false"},
}};

/// Empty: `key` has no word.
[[nodiscard]] constexpr std::string_view find_option_word(std::string_view key) {
  for (const OptionWord& option : kOptionWords) {
    if (option.key == key) {
      return option.word;
    }
  }
  return {};
}

/// A list that may also be written as one string.
constexpr std::string_view kOneOrSeveral = "environment_file";

}  // namespace supervisor
