// Every broken configuration under tests/golden/config against the messages it must give.
//
// NN-name.toml (or a directory of files) is checked with --strict; NN-name.expected is what
// `birl check` writes, with paths below the directory made relative. UPDATE_GOLDEN=1 rewrites them:
// read the difference before you commit it. They are the tests of supervisor/config/validate.cpp,
// supervisor/config/validate_service.cpp, supervisor/config/validate_sink.cpp,
// supervisor/config/validate_checks.cpp, supervisor/config/validate_context.cpp and
// supervisor/config/validate_order.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "supervisor/config/check.h"

namespace supervisor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCasesMin = 40;

std::vector<fs::path> list_cases() {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(GOLDEN_DIRECTORY)) {
    if (entry.is_directory() || entry.path().extension() == ".toml") {
      cases.push_back(entry.path());
    }
  }
  std::ranges::sort(cases);
  return cases;
}

std::string read_all(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

std::string without_directory(std::string text) {
  const std::string directory = std::string(GOLDEN_DIRECTORY) + "/";
  for (std::size_t at = text.find(directory); at != std::string::npos; at = text.find(directory)) {
    text.erase(at, directory.size());
  }
  return text;
}

RoleOutput check_case(const fs::path& path) {
  const std::vector<std::string> arguments{"--strict", "-c", path.string()};
  return run_check(arguments, {{"APP_USER", "app"}, {"EMPTY", ""}});
}

class GoldenConfigTest : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenConfigTest, GivesExactlyTheExpectedMessages) {
  const RoleOutput output = check_case(GetParam());
  const std::string messages = without_directory(output.errors);
  const fs::path expected = fs::path(GetParam()).replace_extension(".expected");
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(expected, std::ios::binary) << messages;
  }
  EXPECT_EQ(messages, read_all(expected));
  EXPECT_EQ(output.out, output.exit_code == 0 ? output.out : "");
  const bool only_warnings = messages.find("cannot") == messages.find("warning: cannot") + 9;
  EXPECT_TRUE(output.exit_code == 2 || only_warnings) << messages;
}

std::string name_of(const testing::TestParamInfo<fs::path>& parameter) {
  std::string name = parameter.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenConfigTest, testing::ValuesIn(list_cases()), name_of);

TEST(GoldenConfigListTest, HasAtLeastFortyCasesAndNoExpectationWithoutOne) {
  const std::vector<fs::path> cases = list_cases();
  EXPECT_GE(cases.size(), kCasesMin);
  for (const auto& entry : fs::directory_iterator(GOLDEN_DIRECTORY)) {
    if (entry.path().extension() == ".expected") {
      const std::string stem = entry.path().stem().string();
      EXPECT_TRUE(std::ranges::any_of(cases, [&](const fs::path& path) {
        return path.stem().string() == stem;
      })) << stem;
    }
  }
}

}  // namespace
}  // namespace supervisor
