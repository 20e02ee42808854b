#include <gtest/gtest.h>

#include "supervisor/config/option_docs.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

/// The starter file with every commented option switched on.
std::string uncommented() {
  std::string text = starter_file();
  for (std::size_t at = text.find("\n# "); at != std::string::npos;
       at = text.find("\n# ", at + 1)) {
    if (text.substr(at, text.find('\n', at + 1) - at).find(" = ") != std::string::npos) {
      text.erase(at + 1, 2);
    }
  }
  return text;
}

TEST(StarterFileTest, PassesTheCheck) {
  const LoadedConfig loaded = load_text(starter_file());
  EXPECT_EQ(problem_lines(loaded), Lines{});
  EXPECT_TRUE(loaded.config.services.at("app").primary);
  EXPECT_EQ(loaded.config.sinks.at("files").services, Lines{"*"});
}

TEST(StarterFileTest, EveryCommentedOptionIsValidToo) {
  const LoadedConfig loaded = load_text(uncommented());
  EXPECT_EQ(problem_lines(loaded), Lines{}) << uncommented();
  EXPECT_EQ(loaded.config.services.at("app").environment.at("TZ"), "UTC");
}

}  // namespace
}  // namespace supervisor
