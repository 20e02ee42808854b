#include "supervisor/process/cgroup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "supervisor/process/spawn.h"
#include "tests/support/eventually.h"

namespace supervisor {
namespace {

constexpr const char* kMounts =
    "25 30 0:22 / /sys rw - sysfs sysfs rw\n"
    "31 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "32 25 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";

TEST(CgroupTest, OurOwnIsBelowTheMount) {
  EXPECT_EQ(find_own_cgroup("0::/\n", kMounts), "/sys/fs/cgroup");
  EXPECT_EQ(find_own_cgroup("5:memory:/x\n0::/a/b\n", kMounts), "/sys/fs/cgroup/a/b");
}

TEST(CgroupTest, APartOfTheTreeMayBeMounted) {
  const std::string mounts = "32 25 0:27 /docker/12 /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(find_own_cgroup("0::/docker/12\n", mounts), "/sys/fs/cgroup");
  EXPECT_EQ(find_own_cgroup("0::/docker/12/web\n", mounts), "/sys/fs/cgroup/web");
  EXPECT_EQ(find_own_cgroup("0::/docker/123\n", mounts), std::nullopt);
}

TEST(CgroupTest, ThereMayBeNone) {
  EXPECT_EQ(find_own_cgroup("5:memory:/x\n", kMounts), std::nullopt);
  EXPECT_EQ(find_own_cgroup("0::/a\n", "25 30 0:22 / /sys rw - sysfs sysfs rw\n"), std::nullopt);
  EXPECT_EQ(find_own_cgroup("0::/../other\n", kMounts), std::nullopt) << "outside the namespace";
  EXPECT_EQ(find_own_cgroup("", "nonsense\n\n- cgroup2 \n"), std::nullopt);
}

std::string read_whole(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A cgroup of this test's own, where the machine lets us make one.
class RealCgroupTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto own =
        find_own_cgroup(read_whole("/proc/self/cgroup"), read_whole("/proc/self/mountinfo"));
    directory_ = own ? *own + "/birl-test." + std::to_string(::getpid()) : "";
    if (!own || ::mkdir(directory_.c_str(), 0755) != 0) {
      GTEST_SKIP() << "no cgroup of version 2 can be made here";
    }
  }
  void TearDown() override { remove_cgroup(directory_); }

  std::string directory_;
};

TEST_F(RealCgroupTest, AChildStartsInItAndIsKilledWithAllThatItStarted) {
  Spawner spawner(std::nullopt);
  const base::Fd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  SpawnRequest request;
  request.name = "web";
  request.argv = {"/bin/sh", "-c", "setsid sleep 1000 & exec sleep 1000"};
  request.cgroup = directory.get();
  const auto spawning = spawner.begin(request);
  ASSERT_TRUE(spawning);
  const pid_t pid = spawning->pid();
  ASSERT_TRUE(support::eventually([&] { return list_cgroup(directory_).size() == 2; }));
  EXPECT_TRUE(is_populated(directory_));
  EXPECT_EQ(std::ranges::count(list_cgroup(directory_), pid), 1);
  EXPECT_FALSE(remove_cgroup(directory_));
  kill_cgroup(directory_);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_TRUE(support::eventually([&] { return !is_populated(directory_); }));
  EXPECT_TRUE(remove_cgroup(directory_));
  EXPECT_NE(::access(directory_.c_str(), F_OK), 0);
}

TEST_F(RealCgroupTest, WithOneThatIsGoneAChildStartsAllTheSame) {
  Spawner spawner(std::nullopt);
  const base::Fd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(remove_cgroup(directory_));
  SpawnRequest request;
  request.name = "web";
  request.argv = {"/bin/true"};
  request.cgroup = directory.get();
  const auto spawning = spawner.begin(request);
  ASSERT_TRUE(spawning);
  int status = 0;
  ASSERT_EQ(::waitpid(spawning->pid(), &status, 0), spawning->pid());
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace supervisor
