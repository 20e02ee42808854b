#include "supervisor/control/request.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

base::Result<Request> parse(Words words) {
  return parse_request(words);
}

std::string error_of(Words words) {
  const auto request = parse_request(words);
  return request ? "" : request.error().message;
}

TEST(RequestTest, ReadsNamesAndOptionsInAnyOrder) {
  const auto request = parse({"restart", "--timeout", "1m30s", "web", "--no-wait", "db"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->verb, Verb::kRestart);
  EXPECT_EQ(request->names, (Words{"web", "db"}));
  EXPECT_EQ(request->timeout_ms, 90'000U);
  EXPECT_EQ(request->wait_mode, WaitMode::kNoWait);
}

TEST(RequestTest, TapsOneSink) {
  EXPECT_EQ(parse({"tap", "files"})->verb, Verb::kTap);
  EXPECT_EQ(parse({"spool", "drop-dead", "x"})->spool_action, logging::SpoolAction::kDropDead);
  EXPECT_EQ(parse({"spool", "replay", "x"})->names, (std::vector<std::string>{"x"}));
  EXPECT_FALSE(parse({"spool", "eat", "x"}));
  EXPECT_FALSE(parse({"spool", "replay"}));
  EXPECT_FALSE(parse({"tap"}));
  EXPECT_FALSE(parse({"tap", "files", "more"}));
}

TEST(RequestTest, ScalesOneService) {
  const auto request = parse({"scale", "web", "3", "--no-wait"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->names, Words{"web"});
  EXPECT_EQ(request->count, 3U);
  for (const char* count : {"0", "x", "-1", "257"}) {
    EXPECT_FALSE(parse({"scale", "web", count})) << count;
  }
  EXPECT_FALSE(parse({"scale", "web"}));
}

TEST(RequestTest, RotatesOneSinkOrAll) {
  EXPECT_EQ(parse({"rotate"})->verb, Verb::kRotate);
  EXPECT_EQ(parse({"rotate", "files"})->names, Words{"files"});
  EXPECT_FALSE(parse({"rotate", "files", "more"}));
}

TEST(RequestTest, ReadsASignalAndItsTarget) {
  const auto request = parse({"signal", "RTMIN+3", "web", "--group"});
  ASSERT_TRUE(request);
  EXPECT_EQ(request->signal, "RTMIN+3");
  EXPECT_EQ(request->names, Words{"web"});
  EXPECT_EQ(request->target, SignalTarget::kGroup);
}

TEST(RequestTest, ReadsAnExitCode) {
  EXPECT_EQ(parse({"shutdown", "--exit-code", "7"})->exit_code, 7);
  EXPECT_EQ(error_of({"shutdown", "--exit-code", "256"}),
            "cannot use exit code \"256\": it is a number from 0 to 255");
}

TEST(RequestTest, NamesTheNearestVerb) {
  EXPECT_EQ(error_of({"statsu"}), "no request \"statsu\" (did you mean status?)");
  EXPECT_EQ(error_of({"zzzzzzzz"}), "no request \"zzzzzzzz\"");
  EXPECT_EQ(error_of({}), "cannot read the request: it is empty; try \"status\"");
}

TEST(RequestTest, RefusesOptionsThatTheVerbDoesNotHave) {
  EXPECT_EQ(error_of({"status", "--group"}), "no option \"--group\" in: status [NAME]");
  EXPECT_EQ(error_of({"status", "--bogus"}), "no option \"--bogus\" in: status [NAME]");
  EXPECT_EQ(error_of({"stop", "web", "--timeout"}), "cannot use --timeout: its value is missing");
  EXPECT_EQ(error_of({"stop", "web", "--timeout", "5"}),
            "cannot read \"5\" as a duration: it has no unit; write \"5s\" for seconds");
}

TEST(RequestTest, RefusesTooFewAndTooManyNames) {
  EXPECT_EQ(error_of({"stop"}), "cannot read the request: it reads stop NAME...");
  EXPECT_EQ(error_of({"status", "a", "b"}), "cannot read the request: it reads status [NAME]");
  EXPECT_EQ(error_of({"signal", "TERM"}),
            "cannot read the request: it reads signal SIGNAL NAME [--group]");
}

TEST(RequestTest, ReadsWhatToWaitFor) {
  EXPECT_EQ(parse({"wait", "web", "--for", "stopped"})->wait_for, WaitFor::kStopped);
  EXPECT_EQ(error_of({"wait", "web", "--for", "godot"}),
            "cannot use state \"godot\": it is one of ready, stopped, failed");
}

}  // namespace
}  // namespace supervisor
