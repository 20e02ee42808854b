// A real supervisor process that fails in every way it can, with real children.
// Covers supervisor/process/last_resort_loop.cpp and supervisor/process/last_resort_table.h.
#include "supervisor/process/last_resort.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <ctime>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// A helper that is birl: alone in the test's PID namespace, or PID 1 of its own.
class FailingBirl {
 public:
  FailingBirl(const std::vector<std::string>& arguments, bool as_pid_1) {
    base::Pipe output = *base::make_pipe();
    base::Pipe errors = *base::make_pipe();
    std::vector<std::string> words{PROCESS_HELPER, "birl"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) {
      argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    const long flags = SIGCHLD | (as_pid_1 ? CLONE_NEWPID : 0);
    pid_ = static_cast<pid_t>(::syscall(SYS_clone, flags, 0L, 0L, 0L, 0L));
    if (pid_ == 0) {
      ::dup2(output.write.get(), 1);
      ::dup2(errors.write.get(), 2);
      ::execv(argv[0], argv.data());
      ::_exit(99);
    }
    output_ = std::move(output.read);
    errors_ = std::move(errors.read);
  }
  ~FailingBirl() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait_for(pid_);
    }
  }
  FailingBirl(const FailingBirl&) = delete;
  FailingBirl& operator=(const FailingBirl&) = delete;

  [[nodiscard]] bool started() const { return pid_ > 0; }
  void signal(int signal) const { ::kill(pid_, signal); }
  std::string next_output() { return read_line(output_.get()); }
  std::string next_error() { return read_line(errors_.get()); }

  int end() {
    const int status = wait_for(std::exchange(pid_, 0));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  static std::string read_line(int fd) {
    std::string line;
    char c = 0;
    while (::read(fd, &c, 1) == 1 && c != '\n') {
      line += c;
    }
    return line;
  }

  pid_t pid_ = -1;
  base::Fd output_;
  base::Fd errors_;
};

/// "primary 123": the process id behind the name.
pid_t pid_in(const std::string& line) {
  return static_cast<pid_t>(std::stoi(line.substr(line.find(' ') + 1)));
}

void expect_reaped(pid_t pid) {
  const std::time_t patience = std::time(nullptr) + 20;
  while (::kill(pid, 0) == 0 && std::time(nullptr) < patience) {
    ::sched_yield();
  }
  EXPECT_NE(::kill(pid, 0), 0) << "not reaped";
}

struct Failure {
  const char* how;
  const char* told;
};

std::vector<Failure> failures() {
#ifdef BIRL_SANITIZED
  return {{"enter", "(a test)"}};  // the handlers are the sanitizer's
#else
  return {{"enter", "(a test)"},         {"abort", "(SIGABRT)"},     {"check", "(SIGABRT)"},
          {"segv", "(SIGSEGV at 0x0)"},  {"bad_alloc", "(SIGABRT)"}, {"fpe", "(SIGFPE"},
          {"overflow", "(SIGSEGV at 0x"}};
#endif
}

class LastResortTest : public testing::TestWithParam<Failure> {
 protected:
  /// Lines that the runtime writes before ours ("terminate called ...") are passed over.
  static std::string wait_for_message(FailingBirl& birl) {
    std::string line = birl.next_error();
    while (!line.empty() && !line.starts_with("birl: error: internal error (")) {
      line = birl.next_error();
    }
    return line;
  }
};

TEST_P(LastResortTest, ServicesLiveOnAndATermEndsThemWithThePrimarysCode) {
  FailingBirl birl({GetParam().how, "20000", "primary:app:7", "service:helper:0"}, false);
  const std::string first = birl.next_output();
  const std::string second = birl.next_output();
  const pid_t helper = pid_in(first.starts_with("helper") ? first : second);
  const pid_t primary = pid_in(first.starts_with("app") ? first : second);
  EXPECT_THAT(wait_for_message(birl), HasSubstr(GetParam().told));

  ::kill(helper, SIGKILL);
  expect_reaped(helper);
  EXPECT_EQ(::kill(primary, 0), 0);
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.next_output(), "app got TERM");
  EXPECT_EQ(birl.end(), 7);
  EXPECT_NE(::kill(primary, 0), 0);
}

TEST_P(LastResortTest, AsPid1ItKeepsTheContainerAlive) {
  FailingBirl birl({GetParam().how, "20000", "primary:app:9", "service:helper:0"}, true);
  if (!birl.started()) {
    GTEST_SKIP() << "needs the right to make a PID namespace";
  }
  birl.next_output();
  birl.next_output();
  EXPECT_THAT(wait_for_message(birl), HasSubstr(GetParam().told));
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.end(), 9);
}

INSTANTIATE_TEST_SUITE_P(EveryFailure, LastResortTest, testing::ValuesIn(failures()),
                         [](const auto& failure) { return std::string(failure.param.how); });

TEST(LastResortEnding, ThePrimarysOwnEndEndsAll) {
  FailingBirl birl({"enter", "20000", "primary:app:3", "service:helper:0"}, false);
  const std::string first = birl.next_output();
  const std::string second = birl.next_output();
  birl.next_error();
  ::kill(pid_in(first.starts_with("app") ? first : second), SIGKILL);
  EXPECT_EQ(birl.next_output(), "helper got TERM");
  EXPECT_EQ(birl.end(), 137);
}

TEST(LastResortEnding, AServiceThatIgnoresTermIsKilledWhenGraceIsOver) {
  FailingBirl birl({"enter", "50", "primary:app:never"}, false);
  birl.next_output();
  birl.next_error();
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.next_output(), "app got TERM");
  EXPECT_EQ(birl.end(), 137);
}

TEST(LastResortEnding, ASecondTermDoesNotWaitForGrace) {
  FailingBirl birl({"enter", "600000", "primary:app:never"}, false);
  birl.next_output();
  birl.next_error();
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.next_output(), "app got TERM");
  birl.signal(SIGTERM);
  EXPECT_EQ(birl.end(), 137);
}

TEST(LastResortEnding, TheRouterGoesLast) {
  FailingBirl birl({"enter", "20000", "router:router:0", "primary:app:5"}, false);
  birl.next_output();
  birl.next_output();
  birl.next_error();
  birl.signal(SIGINT);
  EXPECT_EQ(birl.next_output(), "app got TERM");
  EXPECT_EQ(birl.next_output(), "router got TERM");
  EXPECT_EQ(birl.end(), 5);
}

TEST(LastResortEnding, WithoutAnyServiceThereIsNothingToLiveFor) {
  FailingBirl birl({"enter", "20000"}, false);
  EXPECT_THAT(birl.next_error(), StartsWith("birl: error: internal error (a test)"));
  EXPECT_EQ(birl.end(), kLastResortExitCode);
}

#ifndef BIRL_SANITIZED
TEST(LastResortEnding, AFaultSignalFromAnotherProcessIsForwarded) {
  FailingBirl birl({"none", "20000", "primary:app:4"}, false);
  const pid_t primary = pid_in(birl.next_output());
  birl.signal(SIGSEGV);
  EXPECT_EQ(birl.next_output(), "app got SEGV");
  ::kill(primary, SIGKILL);
}
#endif

TEST(LastResortTable, IsBoundedAndTakesPlacesAgain) {
  for (std::size_t i = 0; i < kLastResortChildrenMax; ++i) {
    ASSERT_TRUE(last_resort_add({.pid = static_cast<pid_t>(1'000'000 + i)}));
  }
  EXPECT_EQ(last_resort_add({.pid = 5}).error().code, base::ErrorCode::kLimit);
  last_resort_remove(1'000'007);
  EXPECT_TRUE(last_resort_add({.pid = 5}));
  EXPECT_FALSE(last_resort_add({.pid = 6}));
  last_resort_remove(5);
  for (std::size_t i = 0; i < kLastResortChildrenMax; ++i) {
    last_resort_remove(static_cast<pid_t>(1'000'000 + i));
  }
  EXPECT_TRUE(last_resort_add({.pid = 6}));
  last_resort_remove(6);
}

}  // namespace
}  // namespace supervisor
