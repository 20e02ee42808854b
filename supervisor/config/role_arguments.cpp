#include "supervisor/config/role_arguments.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"

namespace supervisor {
namespace {

using Flags = std::map<std::string, bool RoleArguments::*>;

const Flags& flags_of(Role role) {
  static const Flags kCheckFlags{{"--strict", &RoleArguments::strict},
                                 {"--show", &RoleArguments::show},
                                 {"--json", &RoleArguments::json}};
  static const Flags kLoadFlags{{"--hold", &RoleArguments::hold}};
  static const Flags kTestFlags{{"--json", &RoleArguments::json}};
  switch (role) {
    case Role::kCheck:
      return kCheckFlags;
    case Role::kLoad:
      return kLoadFlags;
    case Role::kTest:
      return kTestFlags;
  }
  return kLoadFlags;
}

base::Unexpected unknown_word(const std::string& word, const Flags& flags) {
  if (!word.starts_with('-')) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot use the argument {} (did you mean -c {}?)", word, word));
  }
  std::vector<std::string> known{"-c"};
  if (flags.contains("--strict")) {
    known.emplace_back("--line");
  }
  for (const auto& [name, member] : flags) {
    known.push_back(name);
  }
  const auto near = base::nearest(word, known);
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("cannot use the argument {} ({})", word,
                                near ? fmt::format("did you mean {}?", *near)
                                     : fmt::format("known are {}", fmt::join(known, " "))));
}

}  // namespace

base::Result<RoleArguments> parse_role_arguments(Role role,
                                                 std::span<const std::string> arguments) {
  RoleArguments parsed;
  const Flags& flags = flags_of(role);
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    const std::string& word = arguments[index];
    const auto flag = flags.find(word);
    if (flag != flags.end()) {
      parsed.*flag->second = true;
    } else if (word == "-c" && index + 1 < arguments.size()) {
      parsed.config_paths.push_back(arguments[++index]);
    } else if (word == "-c") {
      return base::fail(base::ErrorCode::kInvalid, "cannot use -c without a file or directory");
    } else if (role == Role::kTest && !word.starts_with('-')) {
      parsed.config_paths.push_back(word);
    } else if (role == Role::kCheck && word == "--line") {
      if (index + 2 >= arguments.size()) {
        return base::fail(base::ErrorCode::kInvalid,
                          "cannot use --line without a service and a text");
      }
      parsed.line_service = arguments[++index];
      parsed.line_text = arguments[++index];
    } else if (role == Role::kLoad && (word == "--" || !word.starts_with('-'))) {
      const auto command = arguments.subspan(word == "--" ? index + 1 : index);
      parsed.command.assign(command.begin(), command.end());
      return parsed;
    } else {
      return unknown_word(word, flags);
    }
  }
  return parsed;
}

}  // namespace supervisor
