// The words after `check`, `load` and `test`, read into one plain struct.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace supervisor {

struct RoleArguments {
  std::vector<std::string> config_paths;
  std::vector<std::string> command;
  bool hold = false;
  bool strict = false;
  bool show = false;
  bool json = false;
  std::string line_service;  // check --line SERVICE TEXT; empty: not asked for
  std::string line_text;
};

enum class Role { kCheck, kLoad, kTest };

/// kInvalid: a word that the role does not know, with the nearest that it does.
[[nodiscard]] base::Result<RoleArguments> parse_role_arguments(
    Role role, std::span<const std::string> arguments);

}  // namespace supervisor
