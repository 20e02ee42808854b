#include "supervisor/router_link/ledger.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "logging/handoff/ring_layout.h"
#include "supervisor/config/routes.h"

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

/// Delivered lines a second since the earlier of the router's two marks. Counts that are retired
/// since then make it too small, never negative.
double rate_of(const SinkStatus& status, const RouterLink& link, const logging::SinkStatus& state,
               std::uint64_t now_ns) {
  const logging::DeliveryMarks& marks = state.marks;
  const std::uint64_t since_ns = marks.since_ns != 0 ? marks.since_ns : marks.last_ns;
  const std::uint64_t before = marks.since_ns != 0 ? marks.delivered : marks.last_delivered;
  const auto retired = link.retired().find(state.sink_id);
  const std::uint64_t gone = retired == link.retired().end() ? 0 : retired->second.delivered;
  if (since_ns == 0 || now_ns <= since_ns || status.delivered < before + gone) {
    return 0;
  }
  return static_cast<double>(status.delivered - gone - before) * 1e9 /
         static_cast<double>(now_ns - since_ns);
}

void add_progress(SinkStatus& status, const RouterLink& link, const logging::SinkStatus& state) {
  status.retries = state.retries;
  status.lines_per_s = rate_of(status, link, state, base::monotonic_ns());
  if (state.error_time_ns != 0) {
    status.last_error_ns = state.error_time_ns;
  }
  for (const std::uint64_t oldest_ns : {state.oldest_ring_ns, state.oldest_spool_ns}) {
    if (status.buffered > 0 && oldest_ns != 0) {
      status.oldest_ns = std::min(status.oldest_ns.value_or(UINT64_MAX), oldest_ns);
    }
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

std::vector<SinkStatus> sink_statuses(const RouterLink& link, const Config& config,
                                      const std::string& runtime_directory) {
  const std::vector<logging::SinkStatus> states = link.state().sinks();
  std::vector<SinkStatus> statuses;
  for (const auto& [name, sink] : config.sinks) {
    SinkStatus status;
    status.name = name;
    status.type = enum_names(sink.type)[static_cast<std::size_t>(sink.type)];
    status.spool = spool_directories(sink, config.birl.state_directory, runtime_directory);
    const std::uint32_t sink_id = logging::sink_id_of(name);
    add_rings(status, name, link);
    add_retired(status, sink_id, link);
    const auto state = std::ranges::find(states, sink_id, &logging::SinkStatus::sink_id);
    if (state != states.end()) {
      status.state = health_name(state->health);
      status.last_error = state->last_error;
      add_inherited(status, *state);
      add_progress(status, link, *state);
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace supervisor
