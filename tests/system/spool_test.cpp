// `birl spool` and dead letters from outside: supervisor/control/cmd_spool.cpp
// supervisor/control/command_line_logs.cpp supervisor/spool_role.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <sstream>

#include "tests/support/fake_http.h"
#include "tests/support/instance.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::HasSubstr;

std::string config_for(const std::string& url) {
  return R"(
[birl]
state_directory = "@DIR@/state"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
log = ["remote"]
command = "for i in 1 2 3 4 5 6; do echo line $i; done; echo bad 7; echo bad 8"
[sink.remote]
type = "http"
body = "text"
batch = {linger = "10ms"}
retry = {initial = "20ms", max = "100ms"}
timeout = "2s"
dead_letter = "dead"
url = ")" +
         url + R"("
[sink.dead]
type = "file"
path = "@DIR@/dead.log"
)";
}

/// Takes what has no bad line in it.
FakeHttp::Reply judge(const FakeHttp::Request& request) {
  return {.status = request.body.find("bad") == std::string::npos ? 200 : 400, .body = "it is bad"};
}

bool is_settled(const Instance& birl) {
  const Json sink = birl.sink("remote");
  return sink.is_object() && sink["received"] == 8 && sink["buffered"] == 0;
}

std::vector<Json> letters_in(const Instance& birl) {
  std::vector<Json> letters;
  std::istringstream lines(read_text(birl.expand("@DIR@/dead.log")));
  for (std::string line; std::getline(lines, line);) {
    const Json letter = Json::parse(line, nullptr, false);  // none: half a line, of a dead router
    if (letter.is_object()) {
      letters.push_back(letter);
    }
  }
  return letters;
}

TEST(DeadLetterTest, WhatIsRefusedGoesToTheSinkOfChoiceAndCanBeSentAgain) {
  FakeHttp server;
  server.set_judge(judge);
  Instance birl({.config = config_for(server.url())});
  ASSERT_TRUE(eventually([&] { return is_settled(birl) && letters_in(birl).size() == 2; }));
  EXPECT_EQ(birl.sink("remote")["delivered"], 6);
  EXPECT_EQ(birl.sink("remote")["dropped"]["rejected"], 2);
  ASSERT_TRUE(eventually([&] { return birl.sink("dead")["delivered"] == 2; }));
  expect_exact_ledger(birl);
  const std::vector<Json> letters = letters_in(birl);
  EXPECT_EQ(letters[0]["sink"], "remote");
  EXPECT_EQ(letters[0]["event"], "bad 7");
  EXPECT_THAT(letters[1]["reason"].get<std::string>(), HasSubstr("400: it is bad"));

  EXPECT_THAT(birl.cli({"spool", "ls"}).out, HasSubstr("remote"));
  const Json listed = Json::parse(birl.cli({"spool", "ls", "remote", "--json"}).out);
  EXPECT_EQ(listed["sinks"][0]["refused"], 2);
  EXPECT_THAT(birl.cli({"spool", "show", "remote", "--dead"}).out, HasSubstr("it is bad] bad 7\n"));

  server.set_judge([](const FakeHttp::Request&) { return FakeHttp::Reply{}; });
  EXPECT_EQ(birl.cli({"spool", "replay", "remote"}).out,
            "remote: 2 refused events are sent again\n");
  ASSERT_TRUE(eventually([&] {
    const auto lines = server.accepted_lines();
    return std::set<std::string>(lines.begin(), lines.end()).size() == 8;
  }));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["received"], 8) << "a replay counts no line";
  EXPECT_EQ(birl.sink("remote")["dropped"]["rejected"], 2);
}

TEST(DeadLetterTest, ARouterThatIsKilledMeanwhileLosesNone) {
  constexpr int kBad = 300;
  FakeHttp server;
  server.set_judge(judge);
  std::string config = config_for(server.url());
  const std::string command = "for i in 1 2 3 4 5 6; do echo line $i; done; echo bad 7; echo bad 8";
  config.replace(config.find(command), command.size(),
                 "i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo bad $i; done");
  Instance birl({.config = config});
  for (std::size_t life = 1; life <= 4; ++life) {
    ASSERT_TRUE(eventually(
        [&] { return letters_in(birl).size() >= life * 30 && birl.router_pid().has_value(); }));
    ::kill(birl.router_pid().value_or(0), SIGKILL);
  }
  std::set<std::string> events;
  ASSERT_TRUE(eventually([&] {
    for (const Json& letter : letters_in(birl)) {
      events.insert(letter["event"]);
    }
    const Json sink = birl.sink("remote");
    return sink.is_object() && sink["received"] == kBad && sink["buffered"] == 0 &&
           events.size() == kBad;
  })) << events.size();
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["dropped"]["rejected"], kBad);
}

TEST(SpoolTest, WhatWaitsCanBeSeenAndDroppedAlsoWhenNothingRuns) {
  FakeHttp server;
  server.set_usual({.status = 503});
  Instance birl({.config = config_for(server.url())});
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["state"] == "retrying"; }));
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["buffered"] == 8; }));
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["oldest"].is_string(); }));
  EXPECT_THAT(birl.cli({"spool", "show", "remote"}).out, HasSubstr("line 1\n"));
  EXPECT_EQ(birl.cli({"spool", "show", "nowhere"}).code, 3);
  EXPECT_EQ(birl.cli({"spool", "drop", "nowhere"}).code, 3);
  EXPECT_EQ(birl.cli({"spool", "drop", "dead"}).code, 2) << "a file sink has none";
  EXPECT_EQ(birl.cli({"spool", "drop"}).code, 2);
  ASSERT_EQ(birl.stop(), 128 + SIGTERM);
  const CommandResult listed =
      birl.cli({"spool", "ls", "remote", "--json", "-c", birl.expand("@DIR@/birl.toml")});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_EQ(Json::parse(listed.out)["sinks"][0]["lines"], 8);
}

TEST(SpoolTest, DroppedLinesAreCounted) {
  FakeHttp server;
  server.set_usual({.status = 503});
  Instance birl({.config = config_for(server.url())});
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["buffered"] == 8; }));
  ASSERT_TRUE(eventually([&] {
    return Json::parse(birl.cli({"spool", "ls", "remote", "--json"}).out)["sinks"][0]["lines"] == 8;
  }));
  EXPECT_EQ(birl.cli({"spool", "drop", "remote"}).out, "remote: 8 lines are dropped\n");
  ASSERT_TRUE(eventually([&] { return birl.sink("remote")["buffered"] == 0; }));
  EXPECT_EQ(birl.sink("remote")["dropped"]["removed"], 8);
  expect_exact_ledger(birl);
}

}  // namespace
}  // namespace support
