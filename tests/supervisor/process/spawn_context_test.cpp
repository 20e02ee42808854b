// Limits, capabilities and the other rights of a started process.
// Covers supervisor/process/spawn_child.cpp and spawn_plan.cpp.
#include <sys/prctl.h>
#include <sys/resource.h>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::HasSubstr;

constexpr uid_t kNobody = 65'534;
constexpr unsigned kNetBindService = 10;
constexpr std::uint64_t kNetBindServiceBit = std::uint64_t{1} << kNetBindService;

std::string status_line(const std::string& status, const std::string& key) {
  const std::size_t start = status.find("\n" + key + ":");
  return start == std::string::npos
             ? ""
             : status.substr(start + 1, status.find('\n', start + 1) - start - 1);
}

Identity nobody() {
  return {.uid = kNobody, .gid = kNobody, .groups = {kNobody}};
}

class SpawnContextTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::getuid() != 0) {
      GTEST_SKIP() << "rights are root's to give";
    }
  }
};

TEST_F(SpawnContextTest, SetsEachLimitSoftAndHard) {
  const Finished run = run_process(
      {.argv = {"/bin/sh", "-c", "ulimit -S -n; ulimit -H -n; ulimit -S -c; ulimit -S -f"},
       .limits = {{RLIMIT_NOFILE, 321}, {RLIMIT_CORE, 0}, {RLIMIT_FSIZE, RLIM_INFINITY}}});
  EXPECT_TRUE(run.outcome.started) << run.outcome.error.message;
  EXPECT_EQ(run.output, "321\n321\n0\nunlimited\n");
}

TEST_F(SpawnContextTest, ALimitOfOpenFilesWinsOverTheOneThatIsGivenBack) {
  Spawner spawner(rlimit{.rlim_cur = 123, .rlim_max = 4096});
  const Finished run = run_process(
      spawner, {.argv = {"/bin/sh", "-c", "ulimit -n"}, .limits = {{RLIMIT_NOFILE, 321}}});
  EXPECT_EQ(run.output, "321\n");
}

TEST_F(SpawnContextTest, NoNewPrivilegesIsSet) {
  const Finished run =
      run_process({.argv = {"/bin/cat", "/proc/self/status"}, .no_new_privileges = true});
  EXPECT_EQ(status_line(run.output, "NoNewPrivs"), "NoNewPrivs:\t1");
  EXPECT_EQ(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0) << "of the child alone";
}

TEST_F(SpawnContextTest, TheOomScoreIsTheChildsAlone) {
  const auto own_score = [] {
    std::ifstream file("/proc/self/oom_score_adj");
    int score = 0;
    file >> score;
    return score;
  };
  const int before = own_score();
  const Finished run =
      run_process({.argv = {"/bin/cat", "/proc/self/oom_score_adj"}, .oom_score_adjust = 456});
  EXPECT_EQ(run.output, "456\n");
  EXPECT_EQ(own_score(), before);
}

TEST_F(SpawnContextTest, NobodyMayHaveOneCapability) {
  const Finished run = run_process({.argv = {"/bin/cat", "/proc/self/status"},
                                    .identity = nobody(),
                                    .capabilities = {.ambient = kNetBindServiceBit}});
  EXPECT_TRUE(run.outcome.started) << run.outcome.error.message;
  EXPECT_THAT(run.outcome.notes, testing::IsEmpty());
  EXPECT_EQ(status_line(run.output, "Uid"), "Uid:\t65534\t65534\t65534\t65534");
  EXPECT_EQ(status_line(run.output, "CapEff"), "CapEff:\t0000000000000400");
  EXPECT_EQ(status_line(run.output, "CapPrm"), "CapPrm:\t0000000000000400");
  EXPECT_EQ(status_line(run.output, "CapAmb"), "CapAmb:\t0000000000000400");
}

TEST_F(SpawnContextTest, RootKeepsOnlyWhatItIsLeft) {
  const Finished run = run_process(
      {.argv = {"/bin/cat", "/proc/self/status"}, .capabilities = {.keep = kNetBindServiceBit}});
  EXPECT_EQ(status_line(run.output, "CapBnd"), "CapBnd:\t0000000000000400");
  EXPECT_EQ(status_line(run.output, "CapEff"), "CapEff:\t0000000000000400");
  const Finished none =
      run_process({.argv = {"/bin/cat", "/proc/self/status"}, .capabilities = {.keep = 0}});
  EXPECT_EQ(status_line(none.output, "CapEff"), "CapEff:\t0000000000000000");
}

TEST_F(SpawnContextTest, AnAmbientCapabilityIsKeptWithoutBeingNamedTwice) {
  const Finished run = run_process({.argv = {"/bin/cat", "/proc/self/status"},
                                    .identity = nobody(),
                                    .capabilities = {.keep = 0, .ambient = kNetBindServiceBit}});
  EXPECT_EQ(status_line(run.output, "CapBnd"), "CapBnd:\t0000000000000400");
  EXPECT_EQ(status_line(run.output, "CapAmb"), "CapAmb:\t0000000000000400");
}

/// What a birl that is nobody's root would find: the requests run in a child of root that has
/// become nobody.
Finished run_as_nobody(SpawnRequest request) {
  EXPECT_EQ(::setresuid(kNobody, kNobody, 0), 0);
  Finished run = run_process(std::move(request));
  EXPECT_EQ(::setresuid(0, 0, 0), 0);
  ::prctl(PR_SET_DUMPABLE, 1);
  return run;
}

/// A hard limit below what is asked for, for a scope.
class LowLimit {
 public:
  LowLimit() {
    ::getrlimit(RLIMIT_NPROC, &before_);
    const rlimit low{.rlim_cur = 5000, .rlim_max = 5000};
    ::setrlimit(RLIMIT_NPROC, &low);
  }
  ~LowLimit() { ::setrlimit(RLIMIT_NPROC, &before_); }
  LowLimit(const LowLimit&) = delete;
  LowLimit& operator=(const LowLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(SpawnContextTest, WhatBirlMayNotGiveIsToldAndTheServiceRuns) {
  const LowLimit low;
  const Finished run =
      run_as_nobody({.argv = {"/bin/sh", "-c", "ulimit -n"}, .limits = {{RLIMIT_NPROC, 6000}}});
  EXPECT_TRUE(run.outcome.started) << run.outcome.error.message;
  EXPECT_THAT(
      run.outcome.notes,
      testing::ElementsAre("cannot set the limit processes to 6000: Operation not permitted"));
}

TEST_F(SpawnContextTest, WithStrictIdentityItIsAFailedStart) {
  const LowLimit low;
  const Finished run = run_as_nobody({.name = "web",
                                      .argv = {"/bin/true"},
                                      .limits = {{RLIMIT_NPROC, 6000}},
                                      .strict_identity = true});
  EXPECT_FALSE(run.outcome.started);
  EXPECT_EQ(run.outcome.exit_code, 126);
  EXPECT_EQ(run.outcome.error.message,
            "cannot start web: cannot set the limit processes to 6000: Operation not permitted");
}

}  // namespace
}  // namespace supervisor
