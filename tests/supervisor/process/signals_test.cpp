#include "supervisor/process/signals.h"

#include <unistd.h>

namespace supervisor {
namespace {

using testing::HasSubstr;

SignalRule rule(const SignalTable& table, std::string_view name) {
  return table.rule(*parse_signal(name));
}

SignalRule forward(int signal) {
  return {.action = SignalAction::kForward, .signal = signal};
}
SignalRule stop(int signal) {
  return {.action = SignalAction::kStop, .signal = signal};
}

TEST(SignalsTest, FaultsAndWhatCannotBeCaughtAreNotHandled) {
  for (const int signal : {SIGSEGV, SIGABRT, SIGKILL, SIGSTOP, SIGPIPE, 32, 33, 0, 65}) {
    EXPECT_FALSE(is_handled_signal(signal)) << signal;
  }
  EXPECT_TRUE(is_handled_signal(SIGCHLD));
  EXPECT_FALSE(is_forwardable_signal(SIGCHLD));
  EXPECT_TRUE(is_forwardable_signal(SIGWINCH));
}

TEST(SignalTableTest, DefaultsWithAConfiguration) {
  const SignalTable table = *SignalTable::make(true, {});
  EXPECT_EQ(rule(table, "TERM"), stop(SIGTERM));
  EXPECT_EQ(rule(table, "INT"), stop(SIGINT));
  EXPECT_EQ(rule(table, "QUIT"), stop(SIGQUIT));
  EXPECT_EQ(rule(table, "PWR"), stop(SIGPWR));
  EXPECT_EQ(rule(table, "RTMIN+3"), stop(37));
  EXPECT_EQ(rule(table, "HUP").action, SignalAction::kReload);
  EXPECT_EQ(rule(table, "USR1").action, SignalAction::kReopen);
  EXPECT_EQ(rule(table, "USR2"), forward(SIGUSR2));
  EXPECT_EQ(rule(table, "RTMIN+4"), forward(38));
  EXPECT_EQ(rule(table, "CHLD").action, SignalAction::kIgnore);
}

TEST(SignalTableTest, WithoutAConfigurationAllButTermAndIntAreForwarded) {
  const SignalTable table = *SignalTable::make(false, {});
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    const bool stops = signal == SIGTERM || signal == SIGINT;
    const SignalRule expected = !is_forwardable_signal(signal) ? SignalRule{}
                                : stops                        ? stop(signal)
                                                               : forward(signal);
    EXPECT_EQ(table.rule(signal), expected) << signal;
  }
}

TEST(SignalTableTest, TheConfigurationSaysOtherwise) {
  const SignalTable table = *SignalTable::make(
      true, {{"HUP", "forward"}, {"SIGTERM", "QUIT"}, {"USR2", "rotate"}, {"INT", "ignore"}});
  EXPECT_EQ(rule(table, "HUP"), forward(SIGHUP));
  EXPECT_EQ(rule(table, "TERM"), forward(SIGQUIT));
  EXPECT_EQ(rule(table, "USR2").action, SignalAction::kRotate);
  EXPECT_EQ(rule(table, "INT").action, SignalAction::kIgnore);
}

TEST(SignalTableTest, AWrongEntryIsNamed) {
  EXPECT_THAT(SignalTable::make(true, {{"KILL", "stop"}}).error().message, HasSubstr("\"KILL\""));
  EXPECT_THAT(SignalTable::make(true, {{"HUP", "restrat"}}).error().message,
              HasSubstr("cannot do \"restrat\" on signal HUP"));
}

class SignalSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    ::sigprocmask(SIG_SETMASK, nullptr, &before_);
    ::signal(SIGUSR1, SIG_IGN);  // as a careless parent may leave it
  }
  void TearDown() override { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  sigset_t before_{};
};

TEST_F(SignalSourceTest, SignalsArriveAsDataWithTheirSender) {
  SignalSource source = *SignalSource::open();
  EXPECT_TRUE(source.read_pending().empty());
  ::kill(::getpid(), SIGUSR1);
  ::kill(::getpid(), 37);
  const std::vector<ReceivedSignal> received = source.read_pending();
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].signal, SIGUSR1);
  EXPECT_EQ(received[0].sender, ::getpid());
  EXPECT_EQ(received[1].signal, 37);
  EXPECT_TRUE(source.read_pending().empty());
}

}  // namespace
}  // namespace supervisor
