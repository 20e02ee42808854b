#include "supervisor/control/event_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace supervisor {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint64_t kTimeNs = 1'704'164'645'678'000'000;

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

EventLog make_log(std::size_t events, const EventLimits& limits = {}) {
  EventLog log(limits);
  for (std::size_t i = 1; i <= events; ++i) {
    log.append({.event = "running", .service = i % 2 == 0 ? "even" : "odd"}, kTimeNs);
  }
  return log;
}

TEST(EventLogTest, AnEventIsALineWithEveryMember) {
  EventLog log;
  log.append({.event = "backoff",
              .service = "web",
              .state = "backoff",
              .exit_code = 1,
              .reason = "exited with code 1",
              .delay_ms = 100},
             kTimeNs);
  EventCursor cursor;
  EXPECT_EQ(log.read(cursor, 4096),
            "{\"sequence\":1,\"time\":\"2024-01-02T03:04:05.678Z\",\"service\":\"web\","
            "\"event\":\"backoff\",\"state\":\"backoff\",\"pid\":null,\"exit_code\":1,"
            "\"signal\":null,\"reason\":\"exited with code 1\",\"delay_ms\":100}\n");
  EXPECT_EQ(log.read(cursor, 4096), "");
}

TEST(EventLogTest, AReaderGoesOnWhereItWas) {
  EventLog log = make_log(3);
  EventCursor cursor;
  EXPECT_EQ(count_lines(log.read(cursor, 4096)), 3U);
  log.append({.event = "stopped", .service = "web"}, kTimeNs);
  EXPECT_THAT(log.read(cursor, 4096), StartsWith("{\"sequence\":4,"));
}

TEST(EventLogTest, OldEventsGoAndWhoHasMissedThemIsTold) {
  const EventLog log = make_log(10, {.events = 4});
  EventCursor behind{.next = 3};
  EXPECT_THAT(log.read(behind, 4096),
              AllOf(StartsWith("{\"sequence\":6,\"time\":null,\"service\":null,\"event\":\"gap\","),
                    HasSubstr("\"missed\":4}\n{\"sequence\":7,")));
  EventCursor fresh;
  EXPECT_THAT(log.read(fresh, 4096), StartsWith("{\"sequence\":7,"));
}

TEST(EventLogTest, ANumberOfAnotherBootIsTold) {
  const EventLog log = make_log(2);
  EventCursor cursor{.next = 900};
  EXPECT_THAT(log.read(cursor, 4096),
              AllOf(HasSubstr("event 899 has not been yet"), HasSubstr("\"sequence\":2,")));
}

TEST(EventLogTest, BytesAreBoundedWhateverIsTold) {
  EventLog log({.events = 512, .bytes = 4096, .reason_bytes = 100});
  for (int i = 0; i < 100; ++i) {
    log.append({.event = "unhealthy", .reason = std::string(100'000, 'x')}, kTimeNs);
  }
  EventCursor cursor;
  const std::string text = log.read(cursor, 1U << 20U);
  EXPECT_LE(text.size(), 4096U);
  EXPECT_GT(count_lines(text), 5U);
}

TEST(EventLogTest, AReadIsBoundedButHasALineAtLeast) {
  const EventLog log = make_log(5);
  EventCursor cursor;
  EXPECT_EQ(count_lines(log.read(cursor, 1)), 1U);
  EXPECT_EQ(cursor.next, 2U);
  const std::string rest = log.read(cursor, 350);
  EXPECT_LE(rest.size(), 350U);
  EXPECT_EQ(count_lines(rest), 2U);
}

TEST(EventLogTest, NamesChooseServices) {
  const EventLog log = make_log(5);
  EventCursor cursor{.next = 0, .names = {"even"}};
  const std::string text = log.read(cursor, 4096);
  EXPECT_EQ(count_lines(text), 2U);
  EXPECT_THAT(text, testing::Not(HasSubstr("odd")));
  EXPECT_EQ(cursor.next, 6U);
}

}  // namespace
}  // namespace supervisor
