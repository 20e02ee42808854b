// What the tests of the configuration share: literal TOML in, a loaded configuration out.
#pragma once

#include <string>
#include <vector>

#include "supervisor/config/load.h"

namespace supervisor {

/// Loads `toml` as BIRL_SET (so that no file is needed), with more variables beside it.
[[nodiscard]] LoadedConfig load_text(const std::string& toml, Environment environment = {});

/// "origin: message" of every problem, errors and others alike.
[[nodiscard]] std::vector<std::string> problem_lines(const LoadedConfig& loaded);
[[nodiscard]] std::vector<std::string> problem_lines(const Problems& problems);

/// A directory that is removed, with all in it, at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Writes a file below the directory, with the directories above it; returns its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

}  // namespace supervisor
