// What tests of `birl upgrade` share: other birls, scripts that are none, and a look at process 1.
// Threads: the test's.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/instance.h"
#include "tests/support/paths.h"

namespace support {

/// A birl with what it starts in `directory`; its path.
inline std::string copy_birl(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path original = birl_path();
  fs::create_directories(directory);
  fs::copy_file(original, fs::path(directory) / "birl", fs::copy_options::overwrite_existing);
  for (const char* const companion : {"birl-router", "birl-config"}) {  // a static birl has none
    if (const fs::path file = original.parent_path() / companion; fs::exists(file)) {
      fs::copy_file(file, fs::path(directory) / companion, fs::copy_options::overwrite_existing);
    }
  }
  return directory + "/birl";
}

inline std::string executable_of(const Instance& birl) {
  return std::filesystem::read_symlink("/proc/" + std::to_string(birl.pid()) + "/exe");
}

inline std::string comm_of(const Instance& birl) {
  return read_text("/proc/" + std::to_string(birl.pid()) + "/comm");
}

inline std::string write_script(const Instance& birl, const std::string& name,
                                std::string_view text) {
  const std::string path = birl.directory() / name;
  write_text(path, "#!/bin/sh\n" + birl.expand(text));
  ::chmod(path.c_str(), 0755);
  return path;
}

inline void expect_upgrade(const Instance& birl, std::vector<std::string> words = {}) {
  words.insert(words.begin(), "upgrade");
  const CommandResult result = birl.cli(words);
  EXPECT_EQ(result.code, 0) << result.err;
}

}  // namespace support
