// A service's environment: who says what, in which order (interface, [service.NAME]).
//
// Later wins: the container's, $BIRL_ENVIRONMENT (one file a variable, written by init scripts),
// the account's HOME USER LOGNAME SHELL, environment_file, environment, environment_from_file, and
// birl's own three. Values are byte-exact: nothing is expanded here.
// Threads: any.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/accounts.h"
#include "base/result.h"
#include "supervisor/config/config.h"

namespace supervisor {

struct EnvironmentLimits {
  static constexpr std::size_t kFileBytesMax = 1U << 20U;
  static constexpr std::size_t kValueBytesMax = 128U << 10U;  // the kernel's MAX_ARG_STRLEN
  static constexpr std::size_t kVariablesMax = 8192;
};

using Environment = std::map<std::string, std::string, std::less<>>;

struct EnvironmentSources {
  std::span<const std::string> container{};  // NAME=value
  std::string directory{};                   // of $BIRL_ENVIRONMENT; empty or absent: none
  const base::Account* account = nullptr;    // null: the service has no `user`
  std::string instance{};                    // BIRL_INSTANCE
  std::string socket{};                      // BIRL_SOCKET
};

[[nodiscard]] base::Result<Environment> build_environment(const ServiceConfig& service,
                                                          const EnvironmentSources& sources);
/// "NAME=value" for a SpawnRequest, in byte order of the names.
[[nodiscard]] std::vector<std::string> environment_list(const Environment& environment);

/// A file's bytes as a variable's value.
[[nodiscard]] base::Result<std::string> read_environment_value(const std::string& path);

/// This process's own environment, once at start.
[[nodiscard]] std::vector<std::string> inherited_environment();

/// The text of an environment_file: lines of NAME=value (also after `export`), empty ones, and
/// comments that start with `#`. A value runs to the end of its line less the blanks around it; in
/// '...' it is literal, in "..." a backslash takes the meaning from `"`, `\`, `$` and `` ` ``;
/// quoted values may span lines. `path` is for messages: "cannot read PATH:3: ...".
[[nodiscard]] base::Result<Environment> parse_environment_file(std::string_view text,
                                                               std::string_view path);

}  // namespace supervisor
