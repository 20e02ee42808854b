// What a configuration that was read again changes, and how each change can take effect.
//
// A service's key is live (the machines and hooks take it from now on), needs a restart of its
// service (the process was started with it), or waits for birl's own next start. Which, is in the
// source's tables; a key that stands in none is of the safe kind: restart for a service's, waiting
// for one of [birl]. Pure. Threads: any.
#pragma once

#include <string>
#include <vector>

#include "supervisor/config/config.h"

namespace supervisor {

/// Names of keys ("command", "stop"), each once, in the table's order.
struct ServiceDiff {
  std::vector<std::string> live;
  std::vector<std::string> restart;
  std::vector<std::string> later;

  [[nodiscard]] bool empty() const { return live.empty() && restart.empty() && later.empty(); }
};
[[nodiscard]] ServiceDiff diff_service(const ServiceConfig& before, const ServiceConfig& after);

/// Names of services and sinks, in order.
struct ConfigDiff {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> restarted;
  std::vector<std::string> updated;  // without a restart
  std::vector<std::string> sinks;    // added, removed or changed
  std::vector<std::string> live;     // [birl] and [finish]: "birl.signals"
  std::vector<std::string> later;    // "birl.control", "service.web.ring"
};
[[nodiscard]] ConfigDiff diff_config(const Config& before, const Config& after);

/// What waits for birl's own next start stays in `next` as it is in `running`: nothing takes it by
/// half, and the next reload tells of it again.
void keep_what_waits(const Config& running, Config& next);

}  // namespace supervisor
