#include "supervisor/config/runtime_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Paths = std::vector<std::string>;

class RuntimeDirectoryTest : public testing::Test {
 protected:
  /// A default that cannot be made, whoever runs the test: its parent is a file.
  RuntimeDirectoryRequest unwritable_default() {
    RuntimeDirectoryRequest request;
    request.default_directory = directory_.write("file", "") + "/birl";
    request.configured = request.default_directory;
    request.uid = ::geteuid();
    request.temporary_directories = {directory_.path() + "/tmp", directory_.path() + "/shm"};
    for (const std::string& temporary : request.temporary_directories) {
      ::mkdir(temporary.c_str(), 0777);
    }
    return request;
  }
  std::string temporary(const std::string& parent = "tmp") const {
    return directory_.path() + "/" + parent + "/birl-" + std::to_string(::geteuid());
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
  }

  TemporaryDirectory directory_;
};

TEST_F(RuntimeDirectoryTest, OnlyTheDefaultFallsBack) {
  RuntimeDirectoryRequest request;
  request.uid = 1000;
  EXPECT_EQ(runtime_directory_candidates(request),
            (Paths{"/run/birl", "/tmp/birl-1000", "/dev/shm/birl-1000"}));
  request.xdg_runtime_directory = "/run/user/1000";
  EXPECT_EQ(runtime_directory_candidates(request),
            (Paths{"/run/birl", "/run/user/1000/birl", "/tmp/birl-1000", "/dev/shm/birl-1000"}));
  request.configured = "/srv/birl";
  EXPECT_EQ(runtime_directory_candidates(request), Paths{"/srv/birl"});
}

TEST_F(RuntimeDirectoryTest, MakesTheDirectoryAndThoseAboveIt) {
  RuntimeDirectoryRequest request;
  request.configured = directory_.path() + "/a/b/birl";
  request.temporary_directories = {"/nonexistent"};
  request.uid = ::geteuid();
  const mode_t umask_before = ::umask(0077);
  EXPECT_EQ(make_runtime_directory(request).value_or("error"), request.configured);
  ::umask(umask_before);
  EXPECT_EQ(mode_of(request.configured), 0755U);
  EXPECT_EQ(make_runtime_directory(request).value_or("error"), request.configured);
}

TEST_F(RuntimeDirectoryTest, OneInstanceAtATimeHoldsItAndALeftoverFileMeansNothing) {
  auto first = lock_runtime_directory(directory_.path());
  ASSERT_TRUE(first);
  EXPECT_EQ(mode_of(directory_.path() + "/lock"), 0600U);
  const auto second = lock_runtime_directory(directory_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kExists);
  first->reset();
  EXPECT_TRUE(lock_runtime_directory(directory_.path()));
}

TEST_F(RuntimeDirectoryTest, FallsBackToXdgThenToAPrivateDirectoryInTmp) {
  RuntimeDirectoryRequest request = unwritable_default();
  EXPECT_EQ(make_runtime_directory(request).value_or("error"), temporary());
  EXPECT_EQ(mode_of(temporary()), 0700U);
  request.xdg_runtime_directory = directory_.path() + "/xdg";
  EXPECT_EQ(make_runtime_directory(request).value_or("error"), directory_.path() + "/xdg/birl");
}

TEST_F(RuntimeDirectoryTest, ThenToSharedMemory) {
  RuntimeDirectoryRequest request = unwritable_default();
  directory_.write("tmp/birl-" + std::to_string(::geteuid()), "no directory");
  EXPECT_EQ(make_runtime_directory(request).value_or("error"), temporary("shm"));
  EXPECT_EQ(mode_of(temporary("shm")), 0700U);
}

TEST_F(RuntimeDirectoryTest, RefusesALinkAndAWritableDirectoryInTmp) {
  RuntimeDirectoryRequest request = unwritable_default();
  request.temporary_directories.pop_back();
  ASSERT_EQ(::symlink(directory_.path().c_str(), temporary().c_str()), 0);
  const auto link = make_runtime_directory(request);
  ASSERT_FALSE(link);
  EXPECT_NE(link.error().message.find("it is no directory"), std::string::npos)
      << link.error().message;
  ASSERT_EQ(::unlink(temporary().c_str()), 0);
  ASSERT_EQ(::mkdir(temporary().c_str(), 0700), 0);
  ASSERT_EQ(::chmod(temporary().c_str(), 0777), 0);
  const auto open = make_runtime_directory(request);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find("other users can write it"), std::string::npos);
}

TEST_F(RuntimeDirectoryTest, RefusesADirectoryInTmpOfAnotherOwner) {
  RuntimeDirectoryRequest request = unwritable_default();
  request.temporary_directories.pop_back();
  ASSERT_EQ(::mkdir((directory_.path() + "/tmp/birl-4242").c_str(), 0700), 0);
  request.uid = 4242;  // the directory is ours, so for this user it is foreign
  const auto made = make_runtime_directory(request);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("it belongs to user"), std::string::npos);
}

TEST_F(RuntimeDirectoryTest, TheCommandLineFindsTheDirectoryWithTheSocket) {
  const RuntimeDirectoryRequest request = unwritable_default();
  EXPECT_EQ(find_runtime_directory(request), request.configured);
  ASSERT_TRUE(make_runtime_directory(request));
  directory_.write("tmp/birl-" + std::to_string(::geteuid()) + "/control.sock", "");
  EXPECT_EQ(find_runtime_directory(request), temporary());
}

}  // namespace
}  // namespace supervisor
