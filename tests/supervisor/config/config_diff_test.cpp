#include "supervisor/config/config_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/option_docs.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ConfigDiff diff(const std::string& before, const std::string& after) {
  return diff_config(load_text(before).config, load_text(after).config);
}

ServiceDiff service_diff(const std::string& before, const std::string& after) {
  const std::string table = "[service.web]\n";
  return diff_service(load_text(table + before).config.services.at("web"),
                      load_text(table + after).config.services.at("web"));
}

TEST(ConfigDiffTest, TheSameConfigurationChangesNothing) {
  const std::string text = R"(
[birl]
exit_code_map = {143 = 0}
[service.web]
command = ["web"]
environment = {A = "1"}
health = {tcp = "80"}
[sink.files]
type = "file"
)";
  const ConfigDiff same = diff(text, text);
  EXPECT_THAT(same.added, IsEmpty());
  EXPECT_THAT(same.removed, IsEmpty());
  EXPECT_THAT(same.restarted, IsEmpty());
  EXPECT_THAT(same.updated, IsEmpty());
  EXPECT_THAT(same.sinks, IsEmpty());
  EXPECT_THAT(same.live, IsEmpty());
  EXPECT_THAT(same.later, IsEmpty());
}

TEST(ConfigDiffTest, ServicesComeGoAndChange) {
  const ConfigDiff changed = diff(R"(
[service.a]
command = ["a"]
[service.b]
command = ["b"]
[service.c]
command = ["c"]
[service.d]
command = ["d"]
)",
                                  R"(
[service.b]
command = ["b", "-v"]
[service.c]
command = ["c"]
on_exit = ["tidy"]
[service.d]
command = ["d"]
[service.e]
command = ["e"]
)");
  EXPECT_THAT(changed.removed, ElementsAre("a"));
  EXPECT_THAT(changed.restarted, ElementsAre("b"));
  EXPECT_THAT(changed.updated, ElementsAre("c"));
  EXPECT_THAT(changed.added, ElementsAre("e"));
}

TEST(ConfigDiffTest, EachChangeOfASinkIsOne) {
  const std::string web = "[service.web]\ncommand = ['web']\n";
  const ConfigDiff changed =
      diff(web + "[sink.a]\ntype = 'file'\n[sink.b]\ntype = 'file'\npath = '/b'\n[sink.c]\n" +
               "type = 'file'\npath = '/c'\n",
           web + "[sink.b]\ntype = 'file'\npath = '/b2'\n[sink.c]\ntype = 'file'\npath = '/c'\n" +
               "[sink.d]\ntype = 'file'\npath = '/d'\n");
  EXPECT_THAT(changed.sinks, ElementsAre("a", "b", "d"));
  EXPECT_THAT(changed.updated, IsEmpty());
}

TEST(ConfigDiffTest, KeysOfBirlAreLiveOrWait) {
  const std::string web = "[service.web]\ncommand = ['web']\n";
  const ConfigDiff changed = diff(web, web + R"(
[birl]
shutdown_timeout = "20s"
control = { mode = "0660" }
ring_memory = "32MiB"
strict_identity = true
log_level = "debug"
[finish]
timeout = "3s"
[init]
timeout = "3s"
)");
  EXPECT_THAT(changed.live, ElementsAre("birl.shutdown_timeout", "birl.log_level", "birl.control",
                                        "birl.strict_identity", "finish.timeout"));
  EXPECT_THAT(changed.later, ElementsAre("birl.ring_memory", "init.timeout"));
}

TEST(ConfigDiffTest, WhatWaitsIsToldOfAtEachReload) {
  const Config running = load_text("[service.web]\ncommand = ['web']\n").config;
  const std::string changed = R"(
[birl]
ring_memory = "32MiB"
state_directory = "/data"
cgroups = false
log_level = "debug"
[init]
timeout = "3s"
[service.web]
command = ["web"]
ring = { size = "256KiB" }
nice = 3
[service.young]
command = ["young"]
ring = { size = "256KiB" }
)";
  Config next = load_text(changed).config;
  keep_what_waits(running, next);
  const ConfigDiff taken = diff_config(running, next);
  EXPECT_THAT(taken.later, IsEmpty());
  EXPECT_THAT(taken.live, ElementsAre("birl.log_level"));
  EXPECT_THAT(taken.restarted, ElementsAre("web"));
  EXPECT_EQ(next.services.at("young").ring.size.bytes, 256U << 10U);
  EXPECT_THAT(diff_config(next, load_text(changed).config).later,
              ElementsAre("service.web.ring", "birl.state_directory", "birl.ring_memory",
                          "birl.cgroups", "init.timeout"));
}

TEST(ConfigDiffTest, OnlyWhatTheProcessWasStartedWithNeedsARestart) {
  const std::string base = "command = ['web']\n";
  EXPECT_THAT(service_diff(base, base + "environment = {A = '1'}").restart,
              ElementsAre("environment"));
  EXPECT_THAT(service_diff(base, base + "user = 'nobody'").restart, ElementsAre("user"));
  EXPECT_THAT(service_diff(base, base + "limits = {core = 0}").restart, ElementsAre("limits"));
  EXPECT_THAT(service_diff(base, base + "stdio = 'inherit'").restart, ElementsAre("stdio"));
  EXPECT_THAT(service_diff(base, base + "fd_store = 3").restart, ElementsAre("fd_store"));
  EXPECT_THAT(service_diff(base, base + "ready = {fd = 3}").restart, ElementsAre("ready"));
  const ServiceDiff live = service_diff(
      base, base +
                "stop = {timeout = '1s'}\nready = {tcp = '80'}\nhealth = {tcp = '80'}\n"
                "backoff = {max = '1s'}\nlog = []\nafter = []\n");
  EXPECT_THAT(live.restart, IsEmpty());
  EXPECT_THAT(live.live, ElementsAre("backoff", "stop", "ready", "health", "log"));
  const ServiceDiff later = service_diff(base, base + "ring = {size = '256KiB'}");
  EXPECT_THAT(later.later, ElementsAre("ring"));
  EXPECT_THAT(later.restart, IsEmpty());
}

}  // namespace
}  // namespace supervisor
