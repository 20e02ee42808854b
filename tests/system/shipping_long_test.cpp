// Five hundred deaths of the router while it ships, over HTTP and over a byte stream. Label: long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <set>

#include "bench/numbered_line.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_stream.h"
#include "tests/support/instance.h"
#include "tests/support/strict_syslog.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

using testing::IsEmpty;

constexpr int kKills = 500;

std::string config_for(const std::string& sink) {
  return R"(
[birl]
state_directory = "@DIR@/state"
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.gen]
log = ["remote"]
command = ["@LOGGEN@", "--id", "gen", "--lines", "0", "--rate", "3000"]
[sink.remote]
when_full = "block"
batch = {linger = "5ms"}
retry = {initial = "10ms", max = "50ms"}
)" + sink;
}

/// At any moment of a router's life, which is a little longer each time that lines have to flow.
void kill_router_while_it_ships(const Instance& birl) {
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int> delay_us(0, 30'000);
  pid_t last = 0;
  for (int count = 0; count < kKills; ++count) {
    std::optional<pid_t> pid;
    ASSERT_TRUE(eventually([&] {
      pid = birl.router_pid();
      return pid && *pid != last;
    })) << "no new router after kill "
        << count;
    if (count % 4 == 0) {
      const std::uint64_t before = birl.sink("remote")["delivered"];
      ASSERT_TRUE(eventually([&] {
        const Json sink = birl.sink("remote");
        return sink.is_object() && sink["delivered"] > before;
      })) << "nothing is delivered any more after kill "
          << count;
    }
    idle_for(std::chrono::microseconds(delay_us(random)));
    ASSERT_EQ(::kill(*pid, SIGKILL), 0);
    last = *pid;
    expect_exact_ledger(birl);
  }
}

/// Stops the generator; how many lines it wrote, all of which are delivered.
std::uint64_t finish(const Instance& birl) {
  EXPECT_EQ(birl.cli({"stop", "gen"}).code, 0);
  std::uint64_t lines = 0;
  EXPECT_TRUE(eventually(
      [&] {
        lines = birl.service("gen")["streams"]["stdout"]["lines"];
        const Json sink = birl.sink("remote");
        return sink.is_object() && sink["received"] == lines && sink["buffered"] == 0;
      },
      60s));
  expect_exact_ledger(birl);
  EXPECT_EQ(birl.sink("remote")["delivered"], lines);
  return lines;
}

void expect_each_line(const std::vector<std::string>& lines, std::uint64_t count) {
  std::set<std::uint64_t> sequences;
  for (const std::string& line : lines) {
    const bench::ParsedLine parsed = bench::parse_line(line);
    ASSERT_EQ(parsed.kind, bench::LineKind::kWhole) << line;
    sequences.insert(parsed.line.sequence);
  }
  EXPECT_EQ(sequences.size(), count);
  EXPECT_EQ(*sequences.rbegin(), count);
  std::cout << lines.size() - sequences.size() << " of " << count << " lines came twice\n";
}

TEST(ShippingLongTest, EveryLineArrivesOverHttpThroughFiveHundredDeathsOfTheRouter) {
  const FakeHttp server;
  Instance birl(
      {.config = config_for("type = \"http\"\nbody = \"text\"\nurl = \"" + server.url() + "\"\n")});
  kill_router_while_it_ships(birl);
  expect_each_line(server.accepted_lines(), finish(birl));
  EXPECT_THAT(server.problems(), IsEmpty());
}

TEST(ShippingLongTest, EveryLineArrivesAsSyslogThroughFiveHundredDeathsOfTheRouter) {
  const FakeStream server({.framing = FakeStream::Framing::kOctet});
  Instance birl(
      {.config = config_for("type = \"syslog\"\naddress = \"" + server.address() + "\"\n")});
  kill_router_while_it_ships(birl);
  const std::uint64_t count = finish(birl);
  std::vector<std::string> lines;
  for (const std::string& message : server.messages()) {
    const SyslogMessage parsed = parse_rfc5424(message);
    ASSERT_EQ(parsed.problem, "");
    lines.push_back(parsed.text);
  }
  expect_each_line(lines, count);
}

}  // namespace
}  // namespace support
