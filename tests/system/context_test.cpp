// What surrounds a service: user and capabilities, limits, directories, environment, descriptors.
// Covers supervisor/service_starter.h, supervisor/helpers.h, supervisor/instance_open.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

class ContextTest : public WorldTest {
 protected:
  void SetUp() override {
    WorldTest::SetUp();
    if (::getuid() != 0) {
      GTEST_SKIP() << "rights are root's to give";
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, ContextTest, both_worlds(), name_of_world);

TEST_P(ContextTest, NobodyBindsAPrivilegedPort) {
  Instance birl({.config = R"(
[service.web]
primary = true
user = "65534:65534"
capabilities = { ambient = ["NET_BIND_SERVICE"], keep = [] }
no_new_privileges = true
command = ["@ACTOR@", "bind-low"]
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "bound as 65534\n");
}

TEST_P(ContextTest, WithoutTheCapabilityItMayNot) {
  Instance birl({.config = R"(
[service.web]
primary = true
user = "65534:65534"
command = ["@ACTOR@", "bind-low"]
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 1);
  EXPECT_EQ(birl.stdout_text(), "cannot bind: Permission denied\n");
}

TEST_P(ContextTest, LimitsAndTheOomScoreAreSet) {
  Instance birl({.config = R"(
[service.app]
primary = true
oom_score_adjust = 321
limits = { open_files = 345, core = 0, file_size = "unlimited" }
command = "ulimit -n; ulimit -c; ulimit -f; cat /proc/self/oom_score_adj"
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "345\n0\nunlimited\n321\n");
}

TEST_P(ContextTest, DirectoriesAreMadeBeforeEachStart) {
  Instance birl({.config = R"(
[service.app]
user = "65534:65534"
directories = [{ path = "@DIR@/data/app", mode = "0750" }]
log = []
command = "echo ready > @DIR@/data/app/file && exec @ACTOR@ wait"
)",
                 .world = world()});
  const std::string file = birl.directory() / "data/app/file";
  ASSERT_TRUE(eventually([&] { return read_text(file) == "ready\n"; }));
  struct stat status {};
  ASSERT_EQ(::stat((birl.directory() / "data/app").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65'534U);
  EXPECT_EQ(status.st_mode & 07777U, 0750U);
  ASSERT_EQ(::rename((birl.directory() / "data").c_str(), (birl.directory() / "gone").c_str()), 0);
  EXPECT_EQ(birl.cli({"restart", "app"}).code, 0);
  EXPECT_TRUE(eventually([&] { return read_text(file) == "ready\n"; }));
}

TEST_P(ContextTest, ADirectoryThatCannotBeMadeIsAFailedStart) {
  Instance birl({.config = R"(
[service.app]
primary = true
directories = [{ path = "/etc/passwd/data" }]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 126);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("cannot start app: cannot make /etc/passwd"));
}

TEST_P(ContextTest, AnUnknownUserIsAFailedStart) {
  Instance birl({.config = R"(
[service.app]
primary = true
user = "nobody-knows-her"
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 126);
  EXPECT_THAT(birl.stderr_text(), HasSubstr("cannot find the user \"nobody-knows-her\""));
}

TEST_P(ContextTest, TheEnvironmentIsByteExact) {
  const std::string odd = "a $HOME %s `x` \"q\" 'q' \\ \n\nend\n";
  Instance birl({.config = R"(
[service.app]
primary = true
command = ["@ACTOR@", "env", "ODD", "EMPTY", "SPACE", "OWN"]
environment = { OWN = "line\n$$tail" }
)",
                 .environment = {"ODD=" + odd, "EMPTY=", "SPACE= "},
                 .world = world()});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "ODD=" + odd + "\nEMPTY=\nSPACE= \nOWN=line\n$tail\n");
}

TEST(StrictIdentityTest, AMissingRightIsAFailedStart) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "becoming somebody else needs root";
  }
  Instance birl({.config = R"(
[birl]
strict_identity = true
[service.app]
primary = true
user = "1"
command = ["@ACTOR@", "ids"]
)",
                 .uid = 20'001});
  EXPECT_EQ(birl.wait_exit(), 126);
  EXPECT_EQ(birl.stdout_text(), "");
  EXPECT_THAT(birl.stderr_text(), HasSubstr("cannot set its "));
}

TEST(InheritTest, AServiceMayHaveBirlsOwnDescriptors) {
  Instance birl({.config = R"(
[service.app]
primary = true
stdio = "inherit"
command = "echo out; echo err >&2"
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(birl.stdout_text(), "out\n");
  EXPECT_THAT(birl.stderr_text(), HasSubstr("err\n"));
}

}  // namespace
}  // namespace support
