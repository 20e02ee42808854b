#include "supervisor/metrics/prometheus_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kNow = 1'704'164'645'000'000'000;

StatusReport make_report() {
  StatusReport report;
  report.version = "1.0";
  report.uptime_s = 5.5;
  report.router.restarts = 2;
  ServiceStatus web;
  web.name = "we\"b";
  web.state = "running";
  web.ready = true;
  web.restarts = 3;
  web.out = {.lines = 10, .bytes = 100};
  report.services.push_back(web);
  SinkStatus loki;
  loki.name = "loki";
  loki.type = "loki";
  loki.state = "retrying";
  loki.received = 10;
  loki.delivered = 6;
  loki.dropped = {{"rejected", 1}};
  loki.buffered = 3;
  loki.buffered_bytes = 300;
  loki.oldest_ns = kNow - 2'500'000'000;
  loki.retries = 4;
  loki.last_error_ns = kNow;
  report.sinks.push_back(loki);
  SinkStatus console;
  console.name = "console";
  console.type = "console";
  report.sinks.push_back(console);
  return report;
}

TEST(PrometheusTextTest, ServicesAndSinksAreThere) {
  const std::string text = prometheus_text(make_report(), kNow);
  for (const char* line :
       {"birl_info{version=\"1.0\"} 1\n", "birl_uptime_seconds 5.500\n",
        "birl_router_restarts_total 2\n",
        "birl_service_state{service=\"we\\\"b\",state=\"running\"} 1\n",
        "birl_service_state{service=\"we\\\"b\",state=\"failed\"} 0\n",
        "birl_service_restarts_total{service=\"we\\\"b\"} 3\n",
        "birl_service_log_lines_total{service=\"we\\\"b\",stream=\"stdout\"} 10\n",
        "birl_service_log_bytes_total{service=\"we\\\"b\",stream=\"stdout\"} 100\n",
        "birl_sink_received_lines_total{sink=\"loki\",type=\"loki\"} 10\n",
        "birl_sink_delivered_lines_total{sink=\"loki\",type=\"loki\"} 6\n",
        "birl_sink_dropped_lines_total{sink=\"loki\",type=\"loki\",reason=\"rejected\"} 1\n",
        "birl_sink_buffered_lines{sink=\"loki\",type=\"loki\"} 3\n",
        "birl_sink_buffered_bytes{sink=\"loki\",type=\"loki\"} 300\n",
        "birl_sink_oldest_buffered_seconds{sink=\"loki\",type=\"loki\"} 2.500\n",
        "birl_sink_oldest_buffered_seconds{sink=\"console\",type=\"console\"} 0.000\n",
        "birl_sink_retries_total{sink=\"loki\",type=\"loki\"} 4\n",
        "birl_sink_state{sink=\"loki\",type=\"loki\",state=\"retrying\"} 1\n",
        "birl_sink_last_error_timestamp_seconds{sink=\"loki\",type=\"loki\"} 1704164645.000\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("last_error_timestamp_seconds{sink=\"console\"")));
}

/// The rules of the format: HELP and TYPE before the samples of a family, each family once.
TEST(PrometheusTextTest, ItFollowsTheFormat) {
  const std::string text = prometheus_text(make_report(), kNow);
  ASSERT_TRUE(text.ends_with('\n'));
  std::istringstream lines(text);
  std::set<std::string> families;
  std::set<std::string> samples;
  std::string family;
  std::string type;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "#") {
      std::string what;
      std::string name;
      words >> what >> name;
      if (what == "HELP") {
        EXPECT_TRUE(families.insert(name).second) << name;
        family = name;
      } else {
        EXPECT_EQ(what, "TYPE");
        EXPECT_EQ(name, family);
        words >> type;
        EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
      }
      continue;
    }
    EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), family) << line;
    EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_GT(families.size(), 15U);
}

}  // namespace
}  // namespace supervisor
