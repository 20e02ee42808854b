// `birl events`: what has happened, in order, for scripts. Covers supervisor/instance_events.cpp,
// supervisor/control/cmd_events.cpp, supervisor/control/event_stream.cpp.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <sstream>

#include "tests/support/instance.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

std::vector<Json> parse_lines(const std::string& text) {
  std::vector<Json> events;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    events.push_back(Json::parse(line, nullptr, false));
  }
  return events;
}

std::vector<Json> events_of(const Instance& birl, std::vector<std::string> words = {}) {
  words.insert(words.begin(), {"events", "--json"});
  return parse_lines(birl.cli(words).out);
}

std::vector<std::string> names_of(const std::vector<Json>& events) {
  std::vector<std::string> names;
  for (const Json& event : events) {
    names.push_back(text_in(event, "event"));
  }
  return names;
}

Json find_event(const std::vector<Json>& events, std::string_view name) {
  const auto found = std::ranges::find_if(
      events, [&](const Json& event) { return text_in(event, "event") == name; });
  return found == events.end() ? Json() : *found;
}

class EventsTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, EventsTest, both_worlds(), name_of_world);

TEST_P(EventsTest, ACrashIsToldStepByStep) {
  Instance birl({.config = R"(
[service.web]
log = []
backoff = { initial = "7ms", jitter = 0 }
command = ["@ACTOR@", "exit-until", "@DIR@/runs", "1", "9"]
)",
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.service("web")["restarts"] == 1; }));
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const std::vector<Json> events = events_of(birl, {"web"});
  EXPECT_THAT(names_of(events),
              ElementsAre("waiting", "starting", "running", "ready", "exited", "backoff", "waiting",
                          "restart", "starting", "running", "ready"));
  for (std::size_t i = 1; i < events.size(); ++i) {
    EXPECT_LT(events[i - 1]["sequence"], events[i]["sequence"]);
    EXPECT_EQ(events[i]["service"], "web");
  }
  const Json backoff = find_event(events, "backoff");
  EXPECT_EQ(backoff["exit_code"], 9);
  EXPECT_EQ(backoff["delay_ms"], 7);
  EXPECT_THAT(text_in(backoff, "reason"), HasSubstr("exited with code 9"));
  EXPECT_EQ(find_event(events, "exited")["pid"], find_event(events, "running")["pid"]);
}

TEST_P(EventsTest, BirlTellsOfItselfToo) {
  Instance birl({.config = R"(
[init]
scripts = "@DIR@/init.d"
[service.web]
log = []
command = ["@ACTOR@", "wait"]
[service.other]
log = []
on_ready = "exit 3"
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running") && birl.wait_state("other", "running"));
  ASSERT_EQ(birl.cli({"reload", "web"}).code, 0);  // the HUP ends it, and it comes back
  ASSERT_TRUE(eventually(
      [&] { return birl.service("web")["restarts"] == 1 && birl.state("web") == "running"; }));
  birl.write_config("[service.web]\ncommand = 7\n");
  ASSERT_EQ(birl.cli({"reload"}).code, 2);
  birl.write_config("[service.other]\nlog = []\ncommand = [\"@ACTOR@\", \"wait\"]\n");
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  ASSERT_TRUE(eventually([&] {
    return !find_event(events_of(birl), "hook_failed").is_null() &&
           !find_event(events_of(birl), "stopped").is_null();
  }));
  EXPECT_THAT(
      names_of(events_of(birl)),
      IsSupersetOf({"stage_begin", "stage_end", "router_started", "reloaded", "hook_failed",
                    "configuration_refused", "configuration_reloaded", "stopping", "stopped"}));
}

TEST_P(EventsTest, AFollowerHearsEverythingUntilTheEnd) {
  Instance birl(
      {.config = "[service.web]\nlog = []\ncommand = [\"@ACTOR@\", \"wait\"]\n", .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const std::vector<Json> before = events_of(birl);
  ASSERT_FALSE(before.empty());
  const std::string file = birl.directory() / "events";
  const base::Fd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string since = std::to_string(before.back()["sequence"].get<int>());
  const pid_t cli = birl.begin_cli({"events", "-f", "--since", since}, out.get());
  ASSERT_EQ(birl.cli({"restart", "web"}).code, 0);
  ASSERT_TRUE(eventually([&] { return read_text(file).find("\"ready\"") != std::string::npos; }));
  EXPECT_EQ(birl.stop(), 0);
  int status = -1;
  ASSERT_EQ(::waitpid(cli, &status, 0), cli);
  EXPECT_EQ(status, 0);
  const std::vector<Json> events = parse_lines(read_text(file));
  EXPECT_THAT(names_of(events),
              IsSupersetOf({"stopping", "exited", "ready", "shutdown", "stopped", "end"}));
  EXPECT_EQ(events.front()["sequence"], before.back()["sequence"].get<int>() + 1);
  EXPECT_EQ(text_in(events.back(), "event"), "end");
}

TEST_P(EventsTest, AWatchedStatusIsShownWhenSomethingHasHappened) {
  Instance birl(
      {.config = "[service.web]\nlog = []\ncommand = [\"@ACTOR@\", \"wait\"]\n", .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const std::string file = birl.directory() / "watched";
  const base::Fd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const pid_t cli = birl.begin_cli({"status", "--watch", "--json"}, out.get());
  const auto shows = [&](std::string_view state) {
    return eventually([&] {
      const std::vector<Json> tables = parse_lines(read_text(file));
      return !tables.empty() && tables.back().is_object() &&
             tables.back()["services"][0]["state"] == state;
    });
  };
  EXPECT_TRUE(shows("running"));
  ASSERT_EQ(birl.cli({"stop", "web"}).code, 0);
  EXPECT_TRUE(shows("stopped"));
  EXPECT_EQ(birl.stop(), 0);
  int status = -1;
  ASSERT_EQ(::waitpid(cli, &status, 0), cli);
  EXPECT_EQ(status, 0);
}

TEST_P(EventsTest, ARouterThatDiesIsAnEvent) {
  Instance birl({.config = "[service.web]\ncommand = [\"@ACTOR@\", \"wait\"]\n", .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.router_pid().has_value(); }));
  ASSERT_TRUE(eventually([&] { return !find_event(events_of(birl), "router_started").is_null(); }));
  ASSERT_EQ(::kill(*birl.router_pid(), SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return !find_event(events_of(birl), "router_ended").is_null(); }));
  EXPECT_EQ(text_in(find_event(events_of(birl), "router_ended"), "signal"), "KILL");
}

}  // namespace
}  // namespace support
