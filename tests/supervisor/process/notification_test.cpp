#include "supervisor/process/notification.h"

#include <gtest/gtest.h>

#include "supervisor/process/command_argv.h"

namespace supervisor {
namespace {

TEST(NotificationTest, EveryLineSaysSomething) {
  const Notification told = parse_notification(
      "READY=1\nSTATUS=serving 3 clients\nWATCHDOG=1\nWATCHDOG_USEC=500000\n"
      "EXTEND_TIMEOUT_USEC=1000");
  Notification expected;
  expected.ready = true;
  expected.watchdog = true;
  expected.status = "serving 3 clients";
  expected.watchdog_us = 500'000;
  expected.extend_us = 1'000;
  EXPECT_EQ(told, expected);
}

TEST(NotificationTest, StoppingReloadingAndATriggerAreHeard) {
  const Notification told = parse_notification("STOPPING=1\nRELOADING=1\nWATCHDOG=trigger");
  EXPECT_TRUE(told.stopping && told.reloading && told.watchdog_trigger);
  EXPECT_FALSE(told.watchdog);
}

TEST(NotificationTest, AMainPidIsANumberOfAProcess) {
  EXPECT_EQ(parse_notification("MAINPID=4711").main_pid, 4711);
  for (const char* text : {"MAINPID=", "MAINPID=x", "MAINPID=0", "MAINPID=1", "MAINPID=-5",
                           "MAINPID=99999999999", "MAINPID=4294967297"}) {
    EXPECT_EQ(parse_notification(text), Notification()) << text;
  }
}

TEST(NotificationTest, WhatIsNotUnderstoodIsPassedOver) {
  for (const char* text : {"", "\n\n=\n=1", "READY", "READY=", "READY=yes", "ready=1", "READY=11",
                           "WATCHDOG_USEC=-1", "EXTEND_TIMEOUT_USEC=99999999999999999999999",
                           "FDSTORE=2", "FDPOLL=1", "FDNAME=a:b", "FDNAME=a\x01", "\xff\xfe=1"}) {
    EXPECT_EQ(parse_notification(text), Notification()) << text;
  }
}

TEST(NotificationTest, ToldOfDescriptors) {
  const Notification store = parse_notification("FDSTORE=1\nFDNAME=conn 1\nFDPOLL=0");
  EXPECT_TRUE(store.fd_store);
  EXPECT_FALSE(store.fd_poll);
  EXPECT_EQ(store.fd_name, "conn 1");
  const Notification remove =
      parse_notification("FDSTOREREMOVE=1\nFDNAME=" + std::string(256, 'x'));
  EXPECT_TRUE(remove.fd_store_remove);
  EXPECT_TRUE(remove.fd_poll);
  EXPECT_EQ(remove.fd_name, "") << "it is too long";
}

TEST(NotificationTest, AStatusIsOneShortLineOfPrintableText) {
  EXPECT_EQ(parse_notification("STATUS=a\x1b[31m\xc3\x28").status, "a?[31m?(");
  const std::string longest(10'000, 'x');
  EXPECT_EQ(parse_notification("STATUS=" + longest).status->size(),
            NotificationLimits::kStatusBytesMax);
}

TEST(NotificationTest, AnExtensionHasALimit) {
  EXPECT_EQ(parse_notification("EXTEND_TIMEOUT_USEC=18446744073709551615").extend_us,
            NotificationLimits::kExtendUsMax);
}

TEST(CommandArgvTest, AStringRunsUnderAShell) {
  EXPECT_EQ(command_argv({{"a", "b"}, false}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(command_argv({{"a | b"}, true}), (std::vector<std::string>{"/bin/sh", "-c", "a | b"}));
}

}  // namespace
}  // namespace supervisor
