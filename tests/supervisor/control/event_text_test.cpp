#include "supervisor/control/event_text.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(EventTextTest, ALineSaysWhoWhatAndWhy) {
  const auto event = parse_event(
      R"({"sequence":7,"time":"2024-01-02T03:04:05.678Z","service":"web","event":"backoff",)"
      R"("pid":null,"exit_code":1,"signal":null,"reason":"exited with code 1","delay_ms":100})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->sequence, 7U);
  EXPECT_EQ(format_event(*event),
            "2024-01-02T03:04:05.678Z web: backoff, exited with code 1 "
            "(exit code 1, again in 100 ms)");
}

TEST(EventTextTest, BirlsOwnEventsNameTheStageOrBirl) {
  EXPECT_EQ(format_event({.time = "T", .event = "stage_end", .stage = "init"}),
            "T init: stage_end");
  EXPECT_EQ(format_event({.event = "gap", .missed = 12}), "birl: gap (12 events are missing)");
  EXPECT_EQ(format_event({.event = "router_ended", .pid = 9, .signal = "KILL"}),
            "birl: router_ended (pid 9, signal KILL)");
}

TEST(EventTextTest, NoJsonIsNoEvent) {
  EXPECT_FALSE(parse_event("web is running").has_value());
}

}  // namespace
}  // namespace supervisor
