#include "supervisor/router_link/ledger.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "logging/handoff/ring_layout.h"

namespace supervisor {

namespace {

using logging::DropCounts;
using logging::SinkHealth;

void add_dropped(SinkStatus& status, const DropCounts& dropped) {
  for (std::size_t reason = 0; reason < logging::kDropReasons; ++reason) {
    if (dropped[reason] > 0) {
      status.dropped[std::string(logging::kDropReasonNames[reason])] += dropped[reason];
    }
  }
}

std::string_view health_name(SinkHealth health) {
  switch (health) {
    case SinkHealth::kOk:
      return "ok";
    case SinkHealth::kRetrying:
      return "retrying";
    case SinkHealth::kParked:
      return "parked";
    case SinkHealth::kBlocked:
      return "blocked";
  }
  return "ok";  // the router wrote a value that we do not know
}

bool takes(const ServiceLogs& logs, const std::string& sink) {
  const std::vector<std::string>& sinks = logs.identity().sinks;
  return std::ranges::find(sinks, sink) != sinks.end();
}

void add_rings(SinkStatus& status, const std::string& sink, const RouterLink& link) {
  const std::uint32_t sink_id = logging::sink_id_of(sink);
  for (const auto& logs : link.services()) {
    if (!takes(*logs, sink)) {
      continue;  // what it got before is retired
    }
    for (const auto& consumer : logs->view().consumers()) {
      if (consumer.sink_id == sink_id) {
        status.received += consumer.received;
        status.delivered += consumer.delivered;
        status.buffered += consumer.buffered;
        status.buffered_bytes += consumer.buffered_bytes;
        add_dropped(status, consumer.dropped);
      }
    }
  }
}

void add_retired(SinkStatus& status, std::uint32_t sink_id, const RouterLink& link) {
  const auto found = link.retired().find(sink_id);
  if (found != link.retired().end()) {
    status.received += found->second.received;
    status.delivered += found->second.delivered;
    add_dropped(status, found->second.dropped);
  }
}

void add_inherited(SinkStatus& status, const logging::SinkStatus& state) {
  const logging::InheritedLines& lines = state.inherited;
  status.received += lines.spooled + lines.delivered;
  for (const std::uint64_t dropped : lines.dropped) {
    status.received += dropped;
  }
  status.delivered += lines.delivered;
  status.buffered += lines.spooled;
  status.buffered_bytes += state.spool_bytes;
  add_dropped(status, lines.dropped);
}

}  // namespace

std::vector<SinkStatus> sink_statuses(const RouterLink& link,
                                      const std::map<std::string, logging::SinkConfig>& sinks) {
  const std::vector<logging::SinkStatus> states = link.state().sinks();
  std::vector<SinkStatus> statuses;
  for (const auto& [name, sink] : sinks) {
    SinkStatus status;
    status.name = name;
    status.type = enum_names(sink.type)[static_cast<std::size_t>(sink.type)];
    const std::uint32_t sink_id = logging::sink_id_of(name);
    add_rings(status, name, link);
    add_retired(status, sink_id, link);
    const auto state = std::ranges::find(states, sink_id, &logging::SinkStatus::sink_id);
    if (state != states.end()) {
      status.state = health_name(state->health);
      status.last_error = state->last_error;
      add_inherited(status, *state);
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace supervisor
