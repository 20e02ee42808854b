#include "supervisor/control/status_json.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(StatusJsonTest, AnEmptyInstanceHasEveryMember) {
  StatusReport report;
  report.pid = 1;
  report.version = "0.1.0";
  report.uptime_s = 2.5;
  EXPECT_EQ(
      make_status_json(report),
      R"({"pid":1,"version":"0.1.0","state":"running","uptime_s":2.5,"sequence":0,"services":[],)"
      R"("router":{"pid":null,"restarts":0},"sinks":[],"orphans":[]})");
}

TEST(StatusJsonTest, AServiceHasTheShapeOfTheContract) {
  StatusReport report;
  ServiceStatus& service = report.services.emplace_back();
  service.name = "web";
  service.state = "running";
  service.ready = true;
  service.primary = true;
  service.pid = 42;
  service.since_ns = 1'700'000'000'123'000'000;
  service.restarts = 3;
  service.signal = "KILL";
  service.blocked_s = 0.5;
  service.reason = "it \"was\" killed";
  service.said = "serving";
  service.listen = {"tcp://0.0.0.0:80"};
  service.out = {.lines = 7, .bytes = 70};
  service.err = {.lines = 1, .bytes = 9};
  const std::string json = make_status_json(report);
  const std::size_t begin = json.find("[{") + 1;
  EXPECT_EQ(
      json.substr(begin, json.find("],\"router\"") - begin),
      R"({"name":"web","type":"daemon","state":"running","ready":true,"healthy":true,)"
      R"("pid":42,"since":"2023-11-14T22:13:20.123Z","restarts":3,"exit_code":null,)"
      R"("signal":"KILL","primary":true,"start_at_boot":true,"next_run":null,"skipped_runs":0,"missed_runs":0,)"
      R"("memory_bytes":null,"cpu_s":null,"blocked_s":0.5,"reason":"it \"was\" killed","status":"serving",)"
      R"("listen":["tcp://0.0.0.0:80"],"fd_store_max":0,"fd_store":[],"streams":{"stdout":{"lines":7,"bytes":70},"stderr":{"lines":1,"bytes":9}}})");
}

TEST(StatusJsonTest, ASinkHasItsLedger) {
  StatusReport report;
  SinkStatus& sink = report.sinks.emplace_back();
  sink.name = "files";
  sink.type = "file";
  sink.received = 10;
  sink.delivered = 6;
  sink.dropped = {{"lapped", 1}, {"poison", 2}};
  sink.buffered = 1;
  sink.buffered_bytes = 33;
  sink.oldest_ns = 1'700'000'000'123'000'000;
  sink.lines_per_s = 0.5;
  sink.retries = 2;
  sink.last_error = "disk full";
  sink.last_error_ns = 1'700'000'000'124'000'000;
  sink.spool = {"/s/files"};
  const std::string json = make_status_json(report);
  EXPECT_EQ(json.substr(json.find("\"sinks\"")),
            R"("sinks":[{"name":"files","type":"file","state":"ok","received":10,"delivered":6,)"
            R"("dropped":{"lapped":1,"poison":2},"buffered":1,"buffered_bytes":33,)"
            R"("oldest":"2023-11-14T22:13:20.123Z","lines_per_s":0.5,"retries":2,)"
            R"("last_error":"disk full","last_error_time":"2023-11-14T22:13:20.124Z",)"
            R"("spool":["/s/files"]}],"orphans":[]})");
}

TEST(StatusJsonTest, OrphansAreTold) {
  StatusReport report;
  report.orphans.push_back({.pid = 9, .command = "sleep 1000"});
  const std::string json = make_status_json(report);
  EXPECT_EQ(json.substr(json.find("\"orphans\"")),
            R"("orphans":[{"pid":9,"command":"sleep 1000"}]})");
}

}  // namespace
}  // namespace supervisor
