#include "supervisor/process/sweep.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "supervisor/process/process_stat.h"

namespace supervisor {
namespace {

/// This process plays birl: orphans become its children.
class SweepTest : public testing::Test {
 protected:
  SweepTest() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~SweepTest() override {
    for (const pid_t pid : started_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    ::prctl(PR_SET_DUMPABLE, 1);  // to have read as another user took it
  }

  /// A child in a session of its own that sleeps with these variables; ready when it has exec'ed.
  pid_t start(const std::vector<std::string>& environment, int kept_fd = -1) {
    base::Pipe pipe = *base::make_pipe();
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setsid();
      if (kept_fd >= 0) {
        ::dup2(kept_fd, 7);
      }
      std::vector<char*> variables;
      for (const std::string& entry : environment) {
        variables.push_back(const_cast<char*>(entry.c_str()));
      }
      variables.push_back(nullptr);
      std::vector<const char*> arguments{"sleep", "1000", nullptr};
      ::execve("/bin/sleep", const_cast<char**>(arguments.data()), variables.data());
      ::_exit(1);
    }
    pipe.write.reset();
    char ignored = 0;
    EXPECT_EQ(::read(pipe.read.get(), &ignored, 1), 0);  // close-on-exec
    started_.push_back(pid);
    return pid;
  }

  [[nodiscard]] static SweepRequest request() {
    return {.init = ::getpid(), .marker = {"BIRL_SERVICE=web", "BIRL_SOCKET=/s"}};
  }
  static std::vector<pid_t> pids(const std::vector<SweptProcess>& processes) {
    std::vector<pid_t> all;
    std::ranges::transform(processes, std::back_inserter(all), &SweptProcess::pid);
    return all;
  }
  static SweepReport run(const SweepRequest& request) {
    return sweep(request, base::monotonic_ns() + 20 * base::kNsPerSecond);
  }

  std::vector<pid_t> started_;
};

TEST_F(SweepTest, TheMarkerTellsWhoseItIs) {
  const pid_t ours = start({"BIRL_SERVICE=web", "A=1", "BIRL_SOCKET=/s"});
  const pid_t other = start({"BIRL_SERVICE=db", "BIRL_SOCKET=/s"});
  const pid_t nobodys = start({"A=1"});
  const SweepReport report = run(request());
  EXPECT_EQ(pids(report.killed), std::vector<pid_t>{ours});
  EXPECT_EQ(report.killed[0].command, "sleep 1000");
  EXPECT_EQ(pids(report.orphans), std::vector<pid_t>{nobodys});
  EXPECT_FALSE(read_process_stat(ours)->is_alive());
  EXPECT_TRUE(read_process_stat(other)->is_alive());
  EXPECT_TRUE(read_process_stat(nobodys)->is_alive());
}

TEST_F(SweepTest, TheSessionTellsWhoseItIs) {
  const pid_t ours = start({"A=1"});
  SweepRequest wanted = request();
  wanted.leaders = {ours};
  EXPECT_EQ(pids(run(wanted).killed), std::vector<pid_t>{ours});
}

TEST_F(SweepTest, WhatWasSeenBelowTheMainProcessIsKnownByItsStart) {
  const pid_t ours = start({"A=1"});
  const pid_t another = start({"A=1"});
  SweepRequest wanted = request();
  wanted.seen = {{ours, read_process_stat(ours)->start_ticks},
                 {another, read_process_stat(another)->start_ticks + 1}};  // another had its number
  const SweepReport report = run(wanted);
  EXPECT_EQ(pids(report.killed), std::vector<pid_t>{ours});
  EXPECT_EQ(pids(report.orphans), std::vector<pid_t>{another});
}

TEST_F(SweepTest, ThePipeTellsWhoseItIs) {
  const base::Pipe pipe = *base::make_pipe();
  struct stat status {};
  ASSERT_EQ(::fstat(pipe.read.get(), &status), 0);
  const pid_t ours = start({"A=1"}, pipe.write.get());
  SweepRequest wanted = request();
  wanted.pipes = {status.st_ino};
  EXPECT_EQ(pids(run(wanted).killed), std::vector<pid_t>{ours});
}

TEST_F(SweepTest, WhatBirlStartedForOthersStays) {
  const pid_t known = start({"BIRL_SERVICE=web", "BIRL_SOCKET=/s"});
  SweepRequest wanted = request();
  wanted.known = {known};
  const SweepReport report = run(wanted);
  EXPECT_TRUE(report.killed.empty() && report.orphans.empty());
  EXPECT_TRUE(read_process_stat(known)->is_alive());
}

TEST_F(SweepTest, AnotherUsersEnvironmentIsReadAsThatUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "another user needs root";
  }
  constexpr uid_t kNobody = 65'534;
  SweepRequest wanted = request();
  wanted.identity = Identity{.uid = kNobody, .gid = kNobody};
  EXPECT_TRUE(run(wanted).killed.empty());
  EXPECT_EQ(::geteuid(), 0U);
  const pid_t ours = start({"BIRL_SERVICE=web", "BIRL_SOCKET=/s"});
  EXPECT_EQ(pids(run(wanted).killed), std::vector<pid_t>{ours}) << "one that is root's";
}

TEST_F(SweepTest, FindsDescendants) {
  const pid_t child = start({"A=1"});
  const ProcessKeys keys = find_descendants({::getpid()});
  EXPECT_TRUE(std::ranges::any_of(keys.keys, [&](const auto& key) { return key.pid == child; }));
  EXPECT_TRUE(find_descendants({child}).keys.empty());
}

}  // namespace
}  // namespace supervisor
