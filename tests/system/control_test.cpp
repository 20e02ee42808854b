// The control socket and the verbs that ask it; and `birl check` from end to end.
// Covers supervisor/control_adapter.h and supervisor/router_main.cpp with
// supervisor/router_roles.h, supervisor/config_main.cpp with supervisor/config_roles.h (check).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "tests/support/control_client.h"
#include "tests/support/instance.h"
#include "tests/support/paths.h"
#include "tests/support/proc.h"

namespace support {
namespace {

using testing::HasSubstr;

constexpr const char* kTwoServices = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.helper]
log = []
command = ["@ACTOR@", "wait"]
)";

TEST(StatusTest, JsonHasEveryMemberOfTheContract) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  const CommandResult result = birl.cli({"status", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json status = Json::parse(result.out, nullptr, false);
  ASSERT_TRUE(status.is_object()) << result.out;
  for (const char* key : {"pid", "version", "state", "uptime_s", "services", "router", "sinks"}) {
    EXPECT_TRUE(status.contains(key)) << key;
  }
  for (const char* key :
       {"name", "type", "state", "ready", "healthy", "pid", "since", "restarts", "exit_code",
        "signal", "primary", "next_run", "memory_bytes", "cpu_s", "reason", "streams"}) {
    EXPECT_TRUE(status["services"][0].contains(key)) << key;
  }
  for (const char* key : {"name", "type", "state", "received", "delivered", "dropped", "buffered",
                          "buffered_bytes", "last_error"}) {
    EXPECT_TRUE(status["sinks"][0].contains(key)) << key;
  }
  EXPECT_EQ(status["version"], BIRL_VERSION);
  EXPECT_EQ(status["pid"], birl.pid());
}

TEST(StatusTest, ATableNamesEachService) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  const CommandResult all = birl.cli({"status"});
  EXPECT_EQ(all.code, 0);
  EXPECT_THAT(all.out, HasSubstr("app"));
  EXPECT_THAT(all.out, HasSubstr("helper"));
  EXPECT_THAT(birl.cli({"status", "helper"}).out, testing::Not(HasSubstr("app")));
}

TEST(HealthyTest, IsZeroOnceEverythingRunsAndFailsForAStoppedName) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(eventually([&] { return birl.cli({"healthy"}).code == 0; }));
  EXPECT_EQ(birl.cli({"healthy", "helper"}).code, 0);
  EXPECT_EQ(birl.cli({"healthy", "--live"}).code, 0);
  EXPECT_EQ(birl.cli({"stop", "helper"}).code, 0);
  EXPECT_EQ(birl.cli({"healthy", "helper"}).code, 1);
}

TEST(ControlSocketTest, GarbageDisturbsNobodyAndLeaksNothing) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  const std::size_t descriptors = count_descriptors(birl.pid());
  std::minstd_rand random(3);
  std::uniform_int_distribution<int> value(0, 255);
  for (int i = 0; i < 300; ++i) {
    std::string bytes;
    for (int length = value(random) * 30; length > 0; --length) {
      bytes.push_back(static_cast<char>(value(random)));
    }
    const base::Fd socket = connect_to(birl.socket_path());
    ASSERT_TRUE(socket.valid());
    static_cast<void>(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    ::shutdown(socket.get(), i % 2 == 0 ? SHUT_WR : SHUT_RDWR);
  }
  EXPECT_EQ(birl.state("app"), "running");
  EXPECT_TRUE(eventually([&] { return count_descriptors(birl.pid()) <= descriptors; }))
      << count_descriptors(birl.pid()) << " descriptors, before " << descriptors;
}

TEST(ControlSocketTest, ManySilentClientsKeepNobodyOut) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  std::vector<base::Fd> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(connect_to(birl.socket_path()));
    static_cast<void>(::send(silent.back().get(), "stat", 4, MSG_NOSIGNAL));
  }
  EXPECT_EQ(birl.state("app"), "running");
  EXPECT_EQ(birl.cli({"healthy"}).code, 0);
}

TEST(ControlSocketTest, AnUnknownRequestIsAnsweredWithAnError) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  const auto answer = birl.request("dance");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(Json::accept(*answer)) << *answer;
  EXPECT_THAT(*answer, HasSubstr("dance"));
}

TEST(ControlSocketTest, OnlyItsOwnerMayUseIt) {
  Instance birl({.config = kTwoServices});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  if (::getuid() != 0) {
    GTEST_SKIP() << "becoming somebody else needs root";
  }
  const CommandResult result =
      run_command({.program = birl_path(),
                   .argv = {"birl", "--socket", birl.socket_path(), "stop", "helper"},
                   .uid = 12'345});
  EXPECT_NE(result.code, 0);
  EXPECT_EQ(birl.state("helper"), "running");
}

TEST(ControlSocketTest, AGroupMayWhatAServiceAllowsIt) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "becoming somebody else needs root";
  }
  Instance birl({.config = R"(
[service.app]
log = []
command = ["@ACTOR@", "wait"]
[service.helper]
log = []
allow = [{ group = "12345", verbs = ["restart", "status"] }]
command = ["@ACTOR@", "wait"]
)"});
  ASSERT_TRUE(birl.wait_state("helper", "running"));
  ASSERT_EQ(::chmod(birl.directory().path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((birl.directory() / "run").c_str(), 0755), 0);
  const auto as_somebody_else = [&](std::vector<std::string> words) {
    const std::vector<std::string> birl_words{"birl", "--socket", birl.socket_path()};
    words.insert(words.begin(), birl_words.begin(), birl_words.end());
    return run_command({.program = birl_path(), .argv = words, .uid = 12'345});
  };
  const auto before = birl.service_pid("helper");
  const CommandResult restart = as_somebody_else({"restart", "helper"});
  EXPECT_EQ(restart.code, 0) << restart.err;
  EXPECT_NE(birl.service_pid("helper"), before);
  EXPECT_EQ(as_somebody_else({"status", "helper"}).code, 0);
  for (const std::vector<std::string>& refused :
       {std::vector<std::string>{"stop", "helper"}, {"restart", "app"}, {"status"}, {"shutdown"}}) {
    const CommandResult result = as_somebody_else(refused);
    EXPECT_EQ(result.code, 1) << refused[0];
    EXPECT_THAT(result.err, HasSubstr("cannot " + refused[0] + " for uid 12345"));
  }
  birl.write_config("[service.helper]\nlog = []\ncommand = [\"@ACTOR@\", \"wait\"]\n");
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_EQ(as_somebody_else({"status", "helper"}).code, 1);
}

class CheckTest : public testing::Test {
 protected:
  [[nodiscard]] CommandResult check(const std::string& text) const {
    write_text(directory_ / "birl.toml", text);
    return run_command({.program = birl_path(),
                        .argv = {"birl", "check", "-c", "birl.toml"},
                        .directory = directory_.path()});
  }

 private:
  TempDirectory directory_;
};

TEST_F(CheckTest, AGoodConfigurationIsZero) {
  const CommandResult result = check("[service.app]\ncommand = [\"/bin/true\"]\n");
  EXPECT_EQ(result.code, 0) << result.out << result.err;
}

TEST_F(CheckTest, AMisspeltKeyIsToldWithItsPlaceAndTheNearest) {
  const CommandResult result =
      check("[service.app]\ncommand = [\"/bin/true\"]\nrestrat = \"never\"\n");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.out + result.err, HasSubstr("birl.toml:3:1: cannot"));
  EXPECT_THAT(result.out + result.err, HasSubstr("restart"));
}

TEST_F(CheckTest, AllProblemsAreToldInOneRun) {
  const CommandResult result =
      check("[birl]\nshutdown_timeout = \"9\"\n[service.app]\ncommand = 7\nlog = [\"nowhere\"]\n");
  EXPECT_EQ(result.code, 2);
  for (const char* place : {"birl.toml:2:", "birl.toml:4:", "birl.toml:5:"}) {
    EXPECT_THAT(result.out + result.err, HasSubstr(place));
  }
}

TEST_F(CheckTest, RunRefusesTheSameConfigurationWithTheSameWords) {
  Instance birl({.config = "[service.app]\ncommand = [\"/bin/true\"]\nrestrat = \"never\"\n"});
  EXPECT_EQ(birl.wait_exit(), 2);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("birl.toml:3:1: cannot"));
}

}  // namespace
}  // namespace support
