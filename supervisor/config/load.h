// Reads the whole configuration: finds the sources, merges them, expands variables, fills the
// structs of config.h and checks them.
//
// Runs in a short-lived child (the "load" and "check" roles of birl-config), never in PID 1: it
// links a TOML parser and reads files of the user's. Everything that it depends on enters by
// LoadRequest. The stages, each a file of its own: sources -> toml_reader -> merge -> complete ->
// config_reader (with expand) -> zones -> validate.
// Errors: never by exception and never only the first; see LoadedConfig::problems.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "supervisor/config/config.h"
#include "supervisor/config/environment.h"
#include "supervisor/config/node.h"
#include "supervisor/config/problem.h"

namespace supervisor {

struct LoadLimits {
  static constexpr std::size_t kFileBytesMax = 4U << 20U;
  static constexpr std::size_t kSecretBytesMax = 64U << 10U;  // of ${file:}
  static constexpr std::size_t kSourcesMax = 512;
  static constexpr std::size_t kServicesMax = 1024;
  static constexpr std::size_t kSinksMax = 64;
  static constexpr std::size_t kPipelinesMax = 256;
  static constexpr std::size_t kTestsMax = 1024;
  static constexpr std::size_t kNameBytesMax = 64;
};

struct LoadRequest {
  std::vector<std::string> config_paths;  // -c FILE-OR-DIRECTORY; replaces etc_directory's files
  std::vector<std::string> command;       // CMD: the service `main`; empty: none
  bool hold = false;                      // starts CMD only
  bool needs_service = false;             // for `run`: neither a service nor CMD is an error
  bool check_paths = false;               // for `check`: tells programs and directories not there
  std::string etc_directory = "/etc/birl";
  std::string zone_directory = "/usr/share/zoneinfo";
  Environment environment;
};

struct LoadedConfig {
  Config config;
  std::vector<Problem> problems;     // sorted
  std::vector<std::string> sources;  // names of the files and variables that were read, in order
  Node merged;                       // the tables behind `config`, values expanded

  /// `missing_is_error`: true for `run` and `check --strict`.
  [[nodiscard]] bool failed(bool missing_is_error) const;
};

[[nodiscard]] LoadedConfig load_config(const LoadRequest& request);

}  // namespace supervisor
