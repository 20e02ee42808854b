#include "supervisor/config/complete.h"

#include <gtest/gtest.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

LoadedConfig load_command(const std::string& toml, const Words& command, bool hold = false) {
  LoadRequest request;
  request.etc_directory = "/nonexistent";
  request.environment = {{"BIRL_SET", toml}};
  request.command = command;
  request.hold = hold;
  request.needs_service = true;
  return load_config(request);
}

TEST(CompleteTest, WithoutDefaultsServicesLogToTheConsole) {
  const LoadedConfig loaded = load_text("service.web.command = ['web']");
  EXPECT_EQ(loaded.config.services.at("web").log, Words{"console"});
  EXPECT_EQ(loaded.config.sinks.at("console").type, logging::SinkType::kConsole);
}

TEST(CompleteTest, DefaultsHoldForServicesThatDoNotSetThem) {
  const LoadedConfig loaded = load_text(
      "[defaults]\nnice = 5\nlog = []\nstop = {signal = 'INT', timeout = '3s'}\n"
      "environment = {A = '1', B = '2'}\n"
      "[service.a]\ncommand = ['a']\n"
      "[service.b]\ncommand = ['b']\nnice = 1\nlog = ['console']\nstop = {timeout = '4s'}\n"
      "environment = {B = '3'}\n");
  EXPECT_EQ(problem_lines(loaded), Words{});
  const ServiceConfig& a = loaded.config.services.at("a");
  const ServiceConfig& b = loaded.config.services.at("b");
  EXPECT_EQ(a.nice, 5);
  EXPECT_EQ(a.log, Words{});
  EXPECT_EQ(a.stop.timeout, base::seconds(3));
  EXPECT_EQ(b.nice, 1);
  EXPECT_EQ(b.log, Words{"console"});
  EXPECT_EQ(b.stop.signal, "INT");
  EXPECT_EQ(b.stop.timeout, base::seconds(4));
  EXPECT_EQ(b.environment, (std::map<std::string, std::string>{{"A", "1"}, {"B", "3"}}));
}

TEST(CompleteTest, ADefinedConsoleIsNotTouched) {
  const LoadedConfig loaded =
      load_text("service.web.command = ['web']\nsink.console = {type = 'file', path = '/x'}");
  EXPECT_EQ(loaded.config.sinks.at("console").type, logging::SinkType::kFile);
}

TEST(CompleteTest, ACommandIsTheServiceMainAndTheOnlyPrimary) {
  const LoadedConfig loaded = load_command(
      "[service.web]\ncommand = ['web']\nprimary = true\n"
      "[service.main]\ncommand = 'old'\nuser = 'app'\n",
      {"top", "${NOT_EXPANDED}"});
  EXPECT_EQ(problem_lines(loaded), Words{});
  const ServiceConfig& main = loaded.config.services.at("main");
  EXPECT_EQ(main.command.argv, (Words{"top", "${NOT_EXPANDED}"}));
  EXPECT_FALSE(main.command.shell);
  EXPECT_TRUE(main.primary);
  EXPECT_EQ(main.user, "app");
  EXPECT_FALSE(loaded.config.services.at("web").primary);
  EXPECT_EQ(loaded.config.services.at("web").start, StartMode::kBoot);
}

TEST(CompleteTest, HoldStartsOnlyTheCommand) {
  const LoadedConfig loaded =
      load_command("service.web.command = ['web']\nservice.main.start = 'manual'", {"sh"}, true);
  EXPECT_EQ(loaded.config.services.at("web").start, StartMode::kManual);
  EXPECT_EQ(loaded.config.services.at("main").start, StartMode::kBoot);
}

TEST(CompleteTest, HoldWithoutACommandIsAnError) {
  EXPECT_EQ(problem_lines(load_command("service.web.command = ['web']", {}, true)),
            Words{"cannot hold: --hold needs a command to start"});
}

TEST(CompleteTest, ACommandNeedsNoConfiguration) {
  const LoadedConfig loaded = load_command("", {"true"});
  EXPECT_EQ(problem_lines(loaded), Words{});
  EXPECT_EQ(loaded.config.services.size(), 1U);
}

}  // namespace
}  // namespace supervisor
