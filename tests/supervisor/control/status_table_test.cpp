#include "supervisor/control/status_table.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "supervisor/control/reply.h"

namespace supervisor {
namespace {

StatusReport make_report() {
  StatusReport report;
  report.pid = 1;
  report.version = "0.1.0";
  report.uptime_s = 125;
  report.sequence = 17;
  ServiceStatus& web = report.services.emplace_back();
  web.name = "web";
  web.state = "running";
  web.ready = true;
  web.primary = true;
  web.pid = 42;
  web.memory_bytes = 3'670'016;
  web.cpu_s = 1.25;
  web.since_ns = 1'700'000'000'123'000'000;
  ServiceStatus& flaky = report.services.emplace_back();
  flaky.name = "flaky";
  flaky.state = "backoff";
  flaky.restarts = 3;
  flaky.exit_code = 1;
  flaky.blocked_s = 0.25;
  flaky.reason = "it exited with 1";
  flaky.out = {.lines = 3, .bytes = 30};
  report.router = {.pid = 7, .restarts = 0};
  SinkStatus& files = report.sinks.emplace_back();
  files.name = "files";
  files.type = "file";
  files.received = 12;
  files.delivered = 9;
  files.dropped = {{"lapped", 2}, {"poison", 0}};
  files.buffered = 1;
  files.oldest_ns = 1'700'000'080'000'000'000;
  files.lines_per_s = 1.6;
  files.retries = 3;
  return report;
}

TEST(StatusTableTest, ShowsServicesRouterAndSinks) {
  const std::uint64_t now_ns = 1'700'000'090ULL * base::kNsPerSecond;
  EXPECT_EQ(format_status_table(make_report(), now_ns),
            "birl 0.1.0 (pid 1) running, up 2m5s\n"
            "\n"
            "SERVICE  STATE    PID  SINCE  RESTARTS  EXIT  MEMORY  CPU   REASON\n"
            "web *    running  42   1m29s  0         -     3.5M    1.2s\n"
            "flaky    backoff  -    -      3         1     -       -     it exited with 1\n"
            "(* primary: its end is the container's)\n"
            "\n"
            "router: pid 7, 0 restarts\n"
            "\n"
            "SINK   TYPE  STATE  RECEIVED  DELIVERED  LINES/S  DROPPED       BUFFERED       "
            "RETRIES  LAST ERROR\n"
            "files  file  ok     12        9          2        2 (lapped 2)  1 (since 10s)  3\n");
}

TEST(StatusTableTest, SaysWhenTheRouterIsDown) {
  StatusReport report;
  report.router.restarts = 2;
  EXPECT_NE(format_status_table(report, 0).find("router: not running, 2 restarts"),
            std::string::npos);
}

TEST(ReplyTest, AReportSurvivesTheWayThroughJson) {
  const StatusReport report = make_report();
  EXPECT_EQ(parse_status(make_status_json(report)), report);
}

TEST(ReplyTest, AnErrorComesBackWithItsCode) {
  const auto failed = check_reply("{\"error\":\"cannot x\",\"code\":\"not_found\"}\n");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(failed.error().message, "cannot x");
  EXPECT_TRUE(check_reply("{\"ok\":true}\n"));
}

TEST(ReplyTest, WhatIsNoJsonIsDamagedAndWrongTypesAreDefaults) {
  EXPECT_EQ(check_reply("").error().code, base::ErrorCode::kDamaged);
  EXPECT_FALSE(parse_status("[1]"));
  EXPECT_FALSE(parse_health("{\"healthy\""));
  const auto report = parse_status(R"({"pid":"x","services":[{"name":5}, 7],"sinks":{}})");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->services.size(), 2U);
}

TEST(ReplyTest, LogNamesComeFromAllChunks) {
  EXPECT_EQ(parse_log_names("{\"sources\":[\"a\",\"b\"],\"more\":true}\n"
                            "{\"sources\":[\"c\"],\"more\":false}\n"),
            (std::vector<std::string>{"a", "b", "c"}));
}

TEST(FitToScreenTest, CutsWhatWouldScrollOrWrap) {
  EXPECT_EQ(fit_to_screen("a\nb\n", {.rows = 3, .columns = 80}), "a\nb\n");
  EXPECT_EQ(fit_to_screen("a\nb\nc\n", {.rows = 3, .columns = 80}), "a\nb\n1 more lines");
  EXPECT_EQ(fit_to_screen("abcdef\n", {.rows = 3, .columns = 4}), "abcd\n");
  EXPECT_EQ(fit_to_screen("a\nb\n", {.rows = 1, .columns = 5}), "2 mo");
  EXPECT_EQ(fit_to_screen("a\nb\n", {}), "a\nb\n");
}

}  // namespace
}  // namespace supervisor
