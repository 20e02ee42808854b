// Every line once and in order, through rotation, and what else files promise.
#include "tests/system/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/support/paths.h"

namespace support {
namespace {

using testing::HasSubstr;

InstanceOptions saying(const std::string& more) {
  return {.config = R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
)" + more};
}

TEST(DeliveryTest, EveryLineOfFourServicesIsThereOnceThroughRotation) {
  const DeliveryPlan plan{.lines = 50'000 * test_scale()};
  Instance birl(make_delivery(plan));
  ASSERT_TRUE(eventually([&] { return delivery_finished(birl, plan); }, 100s));
  expect_delivered(birl, plan);
  EXPECT_GE(log_files(birl.directory() / "log/shared/current").size(), 10U);
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
}

TEST(DeliveryTest, WhatIsStillInTheRingsAtTheEndIsDelivered) {
  const DeliveryPlan plan{.lines = 20'000};
  Instance birl(make_delivery(plan));
  ASSERT_TRUE(eventually([&] { return generators_finished(birl); }));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  for (const std::string name : {"alone1", "alone2"}) {
    expect_lines(birl, {"@DIR@/log/" + name, "--expect", name + ":out:20000", "--expect",
                        name + ":err:20000"});
  }
}

TEST(DeliveryTest, TheLastWordsOfAPrimaryAreInTheFile) {
  for (int i = 0; i < 10; ++i) {
    Instance birl({.config = R"(
[service.app]
primary = true
log = ["files", "console"]
command = ["@ACTOR@", "say", "first", "last"]
[sink.files]
type = "file"
path = "@DIR@/log/{service}/current"
)"});
    ASSERT_EQ(birl.wait_exit(), 0);
    ASSERT_EQ(read_log(birl.directory() / "log/app/current"), "first\nlast\n");
    ASSERT_EQ(birl.stdout_text(), "first\nlast\n");
  }
}

TEST(DeliveryTest, KeepLimitsTheRotatedFiles) {
  Instance birl(saying(R"(
rotate = {size = "64KiB", keep = 3}
[service.gen]
type = "oneshot"
log = ["files"]
command = ["@LOGGEN@", "--lines", "10000"]
)"));
  ASSERT_TRUE(birl.wait_state("gen", "done"));
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 10'000); }));
  const auto files = log_files(birl.directory() / "log/gen/current");
  EXPECT_EQ(files.size(), 4U);
  for (const std::string& file : files) {
    EXPECT_LE(std::filesystem::file_size(file), 65'536U) << file;
  }
  expect_lines(birl, {"@DIR@/log/gen", "--pruned", "--expect", "gen:out:10000"});
}

TEST(DeliveryTest, AFileIsContinuedByTheNextBoot) {
  const TempDirectory logs;
  const std::string config = R"(
[service.app]
primary = true
log = ["files"]
command = ["@ACTOR@", "say", "one line a boot"]
[sink.files]
type = "file"
path = ")" + logs.path() + "/current\"\n";
  for (int boot = 0; boot < 3; ++boot) {
    Instance birl({.config = config});
    ASSERT_EQ(birl.wait_exit(), 0);
  }
  EXPECT_EQ(read_text(logs / "current"), "one line a boot\none line a boot\none line a boot\n");
}

TEST(DeliveryTest, Usr1OpensAMovedFileAnew) {
  Instance birl(saying(R"(
[service.talker]
log = ["files"]
command = "echo before; until test -e @DIR@/go; do sleep 0.01; done; echo after; exec sleep 1000"
)"));
  const std::string file = birl.directory() / "log/talker/current";
  ASSERT_TRUE(eventually([&] { return read_text(file) == "before\n"; }));
  std::filesystem::rename(file, birl.directory() / "moved");
  birl.signal(SIGUSR1);
  ASSERT_TRUE(eventually([&] { return exists(file); }));
  write_text(birl.directory() / "go", "");
  EXPECT_TRUE(eventually([&] { return read_text(file) == "after\n"; }));
  EXPECT_EQ(read_text(birl.directory() / "moved"), "before\n");
}

TEST(DeliveryTest, OneServiceCanLogToSeveralSinks) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = ["one", "two", "console"]
command = ["@ACTOR@", "say", "hello"]
[sink.one]
type = "file"
path = "@DIR@/one"
[sink.two]
type = "file"
path = "@DIR@/two"
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  EXPECT_EQ(read_text(birl.directory() / "one"), "hello\n");
  EXPECT_EQ(read_text(birl.directory() / "two"), "hello\n");
  EXPECT_EQ(birl.stdout_text(), "hello\n");
}

TEST(DeliveryTest, ASinkTakesTheServicesItNames) {
  Instance birl(saying(R"(
[sink.web]
type = "file"
path = "@DIR@/web"
services = ["web*", "!web-quiet"]
[service.web-1]
type = "oneshot"
log = []
command = ["@ACTOR@", "say", "from web-1"]
[service.web-quiet]
type = "oneshot"
log = []
command = ["@ACTOR@", "say", "not this"]
)"));
  ASSERT_TRUE(birl.wait_state("web-1", "done"));
  ASSERT_TRUE(birl.wait_state("web-quiet", "done"));
  EXPECT_EQ(birl.stop(), 128 + SIGTERM);
  EXPECT_EQ(read_text(birl.directory() / "web"), "from web-1\n");
}

TEST(DeliveryTest, AnUnwritableDirectoryIsToldAndHoldsNothingElseUp) {
  Instance birl(saying(R"(
[sink.bad]
type = "file"
path = "/proc/nonexistent/current"
[service.talker]
type = "oneshot"
log = ["bad", "files"]
command = ["@ACTOR@", "say", "hello"]
)"));
  ASSERT_TRUE(birl.wait_state("talker", "done"));
  EXPECT_TRUE(
      eventually([&] { return read_text(birl.directory() / "log/talker/current") == "hello\n"; }));
  ASSERT_TRUE(eventually([&] { return text_in(birl.sink("bad"), "last_error") != ""; }));
  EXPECT_THAT(text_in(birl.sink("bad"), "last_error"), HasSubstr("/proc/nonexistent"));
  EXPECT_EQ(birl.sink("bad")["buffered"], 1);
  expect_exact_ledger(birl);
}

}  // namespace
}  // namespace support
