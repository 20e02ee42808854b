// What a started process finds: its session, signals, ids, directory, descriptors.
// Covers supervisor/process/spawn_child.h.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "supervisor/process/signals.h"
#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uid_t kNobody = 65'534;

std::string status_line(const std::string& status, const std::string& key) {
  const std::size_t start = status.find("\n" + key + ":");
  return start == std::string::npos
             ? ""
             : status.substr(start + 1, status.find('\n', start + 1) - start - 1);
}

TEST(SpawnAttributesTest, HasASessionAndGroupOfItsOwn) {
  const Finished run =
      run_process({.argv = {"/bin/sh", "-c",
                            "read -r pid name state parent group session rest < /proc/$$/stat;"
                            "[ $pid = $group ] && [ $pid = $session ] && echo own"}});
  EXPECT_EQ(run.output, "own\n");
}

TEST(SpawnAttributesTest, NoSignalIsBlockedOrIgnoredAndOursStayAsTheyAre) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGUSR2, SIG_IGN);
  ::signal(SIGHUP, [](int) {});
  const Finished run = run_process({.argv = {"/bin/cat", "/proc/self/status"}});
  EXPECT_EQ(status_line(run.output, "SigBlk"), "SigBlk:\t0000000000000000");
  EXPECT_EQ(status_line(run.output, "SigIgn"), "SigIgn:\t0000000000000000");
  EXPECT_EQ(status_line(run.output, "SigCgt"), "SigCgt:\t0000000000000000");

  sigset_t after;
  ::sigprocmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(sigismember(&after, SIGTERM), 1);
  EXPECT_EQ(::signal(SIGUSR2, SIG_DFL), SIG_IGN);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGHUP, SIG_DFL);
}

TEST(SpawnAttributesTest, IsToldItsOwnPid) {
  const Finished run = run_process(
      {.argv = {"/bin/sh", "-c", "[ $LISTEN_PID = $$ ] && echo own; env | grep -c LISTEN"},
       .environment = {"PATH=/usr/bin:/bin", "HOME=/"},
       .own_pid_variable = "LISTEN_PID"});
  EXPECT_EQ(run.output, "own\n1\n");
}

TEST(SpawnAttributesTest, OnlyTheStandardDescriptorsAreOpen) {
  const base::Fd leaking(::open("/dev/null", O_RDONLY));  // without close-on-exec
  const Finished run = run_process({.argv = {"/bin/ls", "/proc/self/fd"}});
  EXPECT_EQ(run.output, "0\n1\n2\n3\n");  // 3 is the directory that ls lists
}

TEST(SpawnAttributesTest, SwapsTwoDescriptors) {
  base::Pipe one = *base::make_pipe();
  base::Pipe two = *base::make_pipe();
  const int a = one.write.get();
  const int b = two.write.get();
  const Finished run = run_process(
      {.argv = {PROCESS_HELPER, "write", std::to_string(a), "to a", std::to_string(b), "to b"},
       .fds = {{.source = a, .target = b}, {.source = b, .target = a}}});
  one.write.reset();
  two.write.reset();
  EXPECT_TRUE(run.outcome.started);
  EXPECT_EQ(read_to_end(one.read.get()), "to b");
  EXPECT_EQ(read_to_end(two.read.get()), "to a");
}

TEST(SpawnAttributesTest, KeepsADescriptorAtItsOwnNumberAndGivesOneTwice) {
  base::Pipe pipe = *base::make_pipe();
  const int fd = pipe.write.get();
  run_process({.argv = {PROCESS_HELPER, "write", std::to_string(fd), "same,", "77", "other"},
               .fds = {{.source = fd, .target = fd}, {.source = fd, .target = 77}}});
  pipe.write.reset();
  EXPECT_EQ(read_to_end(pipe.read.get()), "same,other");
}

TEST(SpawnAttributesTest, AnExecErrorArrivesAlsoWhenItsPipeStandsOnATarget) {
  const base::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  SpawnRequest request{.argv = {"/no/such/file"}};
  for (int target = 3; target < 60; ++target) {
    request.fds.push_back({.source = null.get(), .target = target});
  }
  EXPECT_EQ(run_process(request).outcome.exit_code, 127);
}

TEST(SpawnAttributesTest, SetsDirectoryUmaskAndNice) {
  const TemporaryDirectory directory;
  const Finished run = run_process({.argv = {"/bin/sh", "-c", "pwd; umask; nice"},
                                    .directory = directory.path(),
                                    .umask = 0027,
                                    .nice = 7});
  EXPECT_EQ(run.output, directory.path() + "\n0027\n7\n");
}

TEST(SpawnAttributesTest, AMissingDirectoryIsAFailedStart) {
  const Finished run = run_process({.argv = {"/bin/true"}, .directory = "/no/such/place"});
  EXPECT_EQ(run.outcome.exit_code, 126);
  EXPECT_EQ(run.outcome.error.message,
            "cannot start web: cannot enter /no/such/place: No such file or directory");
}

TEST(SpawnAttributesTest, GivesTheLimitOfOpenFilesBack) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 123;
  Spawner spawner(limit);
  EXPECT_EQ(run_process(spawner, {.argv = {"/bin/sh", "-c", "ulimit -n"}}).output, "123\n");
}

TEST(SpawnAttributesTest, TheParentsDirectoryUmaskAndIdsStay) {
  const std::filesystem::path before = std::filesystem::current_path();
  const mode_t mask = ::umask(0022);
  run_process({.argv = {"/bin/true"}, .directory = "/", .umask = 0077});
  EXPECT_EQ(::umask(mask), 0022U);
  EXPECT_EQ(std::filesystem::current_path(), before);
}

TEST(SpawnAttributesTest, DropsToAnotherUserAndPid1StaysDumpable) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  const Finished run =
      run_process({.argv = {"/usr/bin/id", "-u", "-r"},
                   .identity = Identity{.uid = kNobody, .gid = kNobody, .groups = {kNobody, 4}}});
  EXPECT_EQ(run.output, "65534\n");
  EXPECT_THAT(run.outcome.notes, testing::IsEmpty());
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);
  EXPECT_EQ(::geteuid(), 0U);

  const Finished groups =
      run_process({.argv = {"/bin/cat", "/proc/self/status"},
                   .identity = Identity{.uid = kNobody, .gid = kNobody, .groups = {4, kNobody}}});
  EXPECT_EQ(status_line(groups.output, "Uid"), "Uid:\t65534\t65534\t65534\t65534");
  EXPECT_EQ(status_line(groups.output, "Gid"), "Gid:\t65534\t65534\t65534\t65534");
  EXPECT_THAT(status_line(groups.output, "Groups"), HasSubstr("4 65534"));
  EXPECT_EQ(status_line(groups.output, "CapEff"), "CapEff:\t0000000000000000");
}

/// The tests above as root start children; these start them as an ordinary user, in a fork.
template <typename Body>
int run_as_nobody(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const bool dropped = ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0;
    ::_exit(dropped ? body() : 99);
  }
  return WEXITSTATUS(wait_for(pid));
}

TEST(SpawnAttributesTest, AMissingRightIsANoteAndTheServiceStarts) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_EQ(run_as_nobody([] {
              const Finished run =
                  run_process({.argv = {"/bin/true"},
                               .nice = -5,
                               .identity = Identity{.uid = 33, .gid = 33, .groups = {33}}});
              const std::vector<std::string> expected{
                  "cannot set nice to -5: Permission denied",
                  "cannot set its groups to 33: Operation not permitted",
                  "cannot set its group to 33: Operation not permitted",
                  "cannot set its user to 33: Operation not permitted"};
              return run.outcome.started && run.outcome.notes == expected ? 0 : 1;
            }),
            0);
}

TEST(SpawnAttributesTest, WithStrictIdentityAMissingRightIsAFailedStart) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  EXPECT_EQ(run_as_nobody([] {
              const Finished run = run_process({.argv = {"/bin/true"},
                                                .identity = Identity{.uid = 33, .gid = 33},
                                                .strict_identity = true});
              return !run.outcome.started && run.outcome.exit_code == 126 ? 0 : 1;
            }),
            0);
}

TEST(SpawnAttributesTest, AskingForBirlsOwnIdsNeedsNoRight) {
  std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
  ASSERT_GE(::getgroups(static_cast<int>(groups.size()), groups.data()), 0);
  const Finished run =
      run_process({.argv = {"/bin/true"},
                   .identity = Identity{.uid = ::getuid(), .gid = ::getgid(), .groups = groups},
                   .strict_identity = true});
  EXPECT_TRUE(run.outcome.started) << run.outcome.error.message;
}

}  // namespace
}  // namespace supervisor
