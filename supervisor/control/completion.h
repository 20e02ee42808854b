// Completion for shells, and the manual pages birl(1) and birl.toml(5): text made from the tables
// of verbs and of options. Service names come from `birl status --json` when the user presses Tab.
// Pure. Threads: any.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "supervisor/control/verb_docs.h"

namespace supervisor {

/// `shell` is "bash", "zsh" or "fish"; kInvalid: another.
[[nodiscard]] base::Result<std::string> make_completion(std::string_view shell,
                                                        std::span<const VerbDoc> verbs);

/// birl(1), for man.
[[nodiscard]] std::string make_command_page(std::span<const VerbDoc> verbs);
/// birl.toml(5): every table and key.
[[nodiscard]] std::string make_configuration_page();

}  // namespace supervisor
