#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "supervisor/config/option_docs.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

/// A service has one of these; `ready.tcp` and `health.http` are switched on. A daemon has none of
/// the keys of scheduled ones.
bool is_another_alternative(std::string_view line) {
  constexpr std::array<std::string_view, 14> kOthers{
      "schedule",       "timezone",        "overlap",        "catch_up",       "timeout",
      "ready.fd",       "ready.sd_notify", "ready.http",     "ready.command",  "ready.file",
      "ready.log_line", "health.tcp",      "health.command", "health.watchdog"};
  return std::ranges::any_of(kOthers, [&](std::string_view key) {
    return line.starts_with(std::string("\n# ") + std::string(key) + " ");
  });
}

/// The starter file with every commented option switched on, and the services that it names.
std::string uncommented() {
  std::string text = starter_file();
  for (const char* name : {"other", "cache", "migrate"}) {
    text += std::string("\n[service.") + name + "]\ncommand = [\"true\"]\n";
  }
  for (std::size_t at = text.find("\n# "); at != std::string::npos;
       at = text.find("\n# ", at + 1)) {
    const std::string line = text.substr(at, text.find('\n', at + 1) - at);
    if (line.find(" = ") != std::string::npos && !is_another_alternative(line)) {
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
  EXPECT_EQ(loaded.config.services.at("app@1").environment.at("TZ"), "UTC");
}

}  // namespace
}  // namespace supervisor
