// What `birl status` tells, as plain data, and its JSON: names there are a contract with scripts.
//
// PID 1 fills a StatusReport from its machines and the rings; the writer below is pure. Counts are
// lines. For each sink `received = delivered + sum(dropped) + buffered` holds in every report; the
// one who fills it takes all four from one snapshot of the rings. Times are unix nanoseconds here
// and RFC 3339 in the JSON; what is not known is absent here and null there.
// Threads: values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace supervisor {

struct StreamStatus {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;

  friend bool operator==(const StreamStatus&, const StreamStatus&) = default;
};

struct ServiceStatus {
  std::string name;
  std::string type = "daemon";    // or "oneshot", "scheduled"
  std::string state = "stopped";  // stopped waiting starting running stopping backoff failed done
  bool ready = false;             // without a readiness check: running, or done
  bool healthy = true;            // false only when a health check says so
  bool primary = false;
  bool start_at_boot = true;  // `birl healthy` asks only for these
  std::optional<std::int64_t> pid;
  std::optional<std::uint64_t> since_ns;  // of the last change of state
  std::uint64_t restarts = 0;
  std::optional<std::int32_t> exit_code;     // of the last run that ended
  std::optional<std::string> signal;         // that ended it: "KILL"
  std::optional<std::uint64_t> next_run_ns;  // of a scheduled one, and:
  std::uint64_t skipped_runs = 0;            // due while the last one still ran
  std::uint64_t missed_runs = 0;             // the clock was set, or the machine slept
  std::optional<std::uint64_t> memory_bytes;
  std::optional<double> cpu_s;
  double blocked_s = 0;               // time it waited for its logs
  std::string reason;                 // why it is in this state, or not healthy
  std::string said;                   // what it says of itself: STATUS= of sd_notify
  std::vector<std::string> listen;    // addresses of sockets that birl holds for it
  std::uint32_t fd_store_max = 0;     // descriptors that it may leave with birl
  std::vector<std::string> fd_store;  // names of those that it has left
  StreamStatus out;                   // stdout
  StreamStatus err;                   // stderr

  friend bool operator==(const ServiceStatus&, const ServiceStatus&) = default;
};

struct RouterStatus {
  std::optional<std::int64_t> pid;
  std::uint64_t restarts = 0;

  friend bool operator==(const RouterStatus&, const RouterStatus&) = default;
};

/// A child of birl that belongs to no service.
struct OrphanStatus {
  std::int64_t pid = 0;
  std::string command;

  friend bool operator==(const OrphanStatus&, const OrphanStatus&) = default;
};

struct SinkStatus {
  std::string name;
  std::string type;
  std::string state = "ok";  // ok retrying parked blocked
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::map<std::string, std::uint64_t> dropped;  // by reason; reasons without lines may be left out
  std::uint64_t buffered = 0;
  std::uint64_t buffered_bytes = 0;
  std::optional<std::uint64_t> oldest_ns;  // of the oldest buffered line
  double lines_per_s = 0;                  // delivered, over the last ten to twenty seconds of work
  std::uint64_t retries = 0;               // requests that had to be sent again
  std::string last_error;
  std::optional<std::uint64_t> last_error_ns;
  std::vector<std::string> spool;  // directories: where it is, then where it is if that fails

  friend bool operator==(const SinkStatus&, const SinkStatus&) = default;
};

struct StatusReport {
  std::int64_t pid = 0;
  std::string version;
  std::string state = "running";  // starting running stopping
  double uptime_s = 0;
  std::uint64_t sequence = 0;  // of the last event (event_log.h) that this shows
  std::vector<ServiceStatus> services;
  RouterStatus router;
  std::vector<SinkStatus> sinks;
  std::vector<OrphanStatus> orphans;  // as the last stop of a service found them

  friend bool operator==(const StatusReport&, const StatusReport&) = default;
};

/// One JSON object without a newline.
[[nodiscard]] std::string make_status_json(const StatusReport& report);

}  // namespace supervisor
