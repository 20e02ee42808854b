// birl where it has little: as an ordinary user, without a pipe budget, on a read-only root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/paths.h"
#include "tests/support/proc.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::HasSubstr;

/// A user of this test alone: budgets of the kernel and /tmp/birl-UID belong to a uid.
uid_t own_uid() {
  return 20'000 + static_cast<uid_t>(::getpid() % 30'000);
}

class OrdinaryUserTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::getuid() != 0) {
      GTEST_SKIP() << "becoming somebody else needs root";
    }
  }
};

std::string hundred_generators() {
  std::string config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
)";
  for (int i = 0; i < 100; ++i) {
    const std::string name = "s" + std::to_string(i);
    config += "[service." + name + "]\ntype = \"oneshot\"\nlog = [\"files\"]\n" +
              "command = [\"@LOGGEN@\", \"--id\", \"" + name +
              "\", \"--stream\", \"both\", \"--lines\", \"200\"]\n";
  }
  return config;
}

bool all_done(const Instance& birl) {
  const Json status = birl.status();
  if (!status.is_object()) {
    return false;
  }
  for (const Json& service : status["services"]) {
    if (service["type"] == "oneshot" && service["state"] != "done") {
      return false;
    }
  }
  return status["sinks"].size() > 0;
}

TEST_F(OrdinaryUserTest, AHundredServicesWorkWhenSomebodyAteThePipeBudget) {
  const TempDirectory place;
  place.give_to(own_uid());
  const std::string held = place / "held";
  const pid_t eater = launch({.program = actor_path(),
                              .argv = {"actor", "hold-pipes", "100", "1048576", held},
                              .environment = clean_environment(),
                              .uid = own_uid(),
                              .stderr_fd = 2});
  ASSERT_TRUE(eventually([&] { return read_text(held).starts_with("held "); }));
  EXPECT_GE(std::stol(read_text(held).substr(5)), 60) << "the budget is not eaten";
  Instance birl({.config = hundred_generators(), .uid = own_uid()});
  ASSERT_TRUE(eventually([&] { return all_done(birl); }, 60s));
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 40'000); }));
  EXPECT_TRUE(is_running(eater));
  std::vector<std::string> arguments;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "s" + std::to_string(i);
    arguments.insert(arguments.end(), {"@DIR@/log/" + name, "--expect", name + ":out:200",
                                       "--expect", name + ":err:200"});
  }
  expect_lines(birl, arguments);
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST_F(OrdinaryUserTest, TheRuntimeDirectoryIsInTmpWhenNothingElseIsWritable) {
  const std::string directory = "/tmp/birl-" + std::to_string(own_uid());
  Instance birl({.config = "[service.app]\nprimary = true\ncommand = [\"@ACTOR@\", \"wait\"]\n",
                 .uid = own_uid(),
                 .runtime_directory = RuntimeDirectory::kDefault});
  birl.use_socket(directory + "/control.sock");
  ASSERT_TRUE(birl.wait_state("app", "running"));
  const CommandResult found =
      run_command({.program = birl_path(), .argv = {"birl", "status"}, .uid = own_uid()});
  EXPECT_EQ(found.code, 0) << found.err;
  struct stat info {};
  ASSERT_EQ(::stat(directory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  std::filesystem::remove_all(directory);
}

TEST_F(OrdinaryUserTest, XdgRuntimeDirComesBeforeTmp) {
  const TempDirectory xdg;
  xdg.give_to(own_uid());
  Instance birl({.config = "[service.app]\nprimary = true\ncommand = [\"@ACTOR@\", \"wait\"]\n",
                 .environment = {"XDG_RUNTIME_DIR=" + xdg.path()},
                 .uid = own_uid(),
                 .runtime_directory = RuntimeDirectory::kDefault});
  birl.use_socket(xdg / "birl/control.sock");
  EXPECT_TRUE(birl.wait_state("app", "running"));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST_F(OrdinaryUserTest, AServiceOfAnotherUserRunsAnywayAndOneWarningSaysSo) {
  Instance birl({.config = R"(
[service.app]
primary = true
user = "1"
command = ["@ACTOR@", "ids"]
)",
                 .uid = own_uid()});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), std::to_string(own_uid()) + " " + std::to_string(own_uid()) + "\n");
  EXPECT_THAT(birl.stderr_text(), HasSubstr("birl: "));
}

TEST_F(OrdinaryUserTest, AServiceOfAnotherUserOpensDevStdout) {
  Instance birl({.config = R"(
[service.app]
primary = true
user = "12345"
command = ["@ACTOR@", "open-stdout", "opened"]
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "opened to stdout\n");
  EXPECT_EQ(birl.stderr_text(), "opened to stderr\n");
}

TEST_F(OrdinaryUserTest, AServiceRunsAsTheUserItNames) {
  Instance birl({.config = R"(
[service.app]
primary = true
user = "12345:54321"
command = ["@ACTOR@", "ids"]
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "12345 54321\n");
}

TEST(ReadOnlyRootTest, EverythingLivesInRun) {
  if (!can_make(World::kReadOnlyRoot)) {
    GTEST_SKIP() << "a mount namespace needs root";
  }
  Instance birl({.config = R"(
[birl]
shutdown_timeout = "60s"
[service.app]
primary = true
log = ["files", "console"]
command = "echo hello; exec @ACTOR@ wait"
[service.helper]
log = []
command = ["@ACTOR@", "wait"]
[sink.files]
type = "file"
path = "/run/log/{service}/current"
)",
                 .world = World::kReadOnlyRoot,
                 .runtime_directory = RuntimeDirectory::kDefault});
  const std::string root = "/proc/" + std::to_string(birl.pid()) + "/root";
  birl.use_socket(root + "/run/birl/control.sock");
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_TRUE(eventually([&] { return read_text(root + "/run/log/app/current") == "hello\n"; }));
  const auto router = birl.router_pid();
  ASSERT_TRUE(router.has_value());
  ::kill(*router, SIGKILL);
  EXPECT_TRUE(eventually([&] {
    const auto now = birl.router_pid();
    return now && *now != *router;
  }));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  EXPECT_EQ(birl.stdout_text(), "hello\n");
}

}  // namespace
}  // namespace support
