#include "supervisor/router_link/ledger.h"

#include <algorithm>
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

const logging::SinkState* find_state(const logging::RouterStateHeader& header,
                                     std::uint32_t sink_id) {
  const auto found = std::ranges::find_if(header.sinks, [sink_id](const auto& state) {
    return state.sink_id.load(std::memory_order_acquire) == sink_id;
  });
  return found == header.sinks.end() ? nullptr : &*found;
}

/// The message as it stands between two equal even sequence numbers; empty when the router is just
/// writing it.
std::string last_error_of(const logging::SinkState& state) {
  const std::uint32_t before = state.error_sequence.load(std::memory_order_acquire);
  const std::string_view text(state.last_error.data(), state.last_error.size());
  std::string copy(text.substr(0, text.find('\0')));
  std::atomic_thread_fence(std::memory_order_acquire);
  const std::uint32_t after = state.error_sequence.load(std::memory_order_relaxed);
  return before == after && before % 2 == 0 ? copy : std::string();
}

void add_rings(SinkStatus& status, std::uint32_t sink_id, const RouterLink& link) {
  for (const ServiceLogs& logs : link.services()) {
    for (const auto& consumer : logs.view().consumers()) {
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

}  // namespace

std::vector<SinkStatus> sink_statuses(const RouterLink& link,
                                      const std::vector<logging::SinkConfig>& sinks) {
  std::vector<SinkStatus> statuses;
  for (const logging::SinkConfig& sink : sinks) {
    SinkStatus status;
    status.name = sink.name;
    status.type = enum_names(sink.type)[static_cast<std::size_t>(sink.type)];
    const std::uint32_t sink_id = logging::sink_id_of(sink.name);
    add_rings(status, sink_id, link);
    add_retired(status, sink_id, link);
    if (const logging::SinkState* state = find_state(*link.state_header(), sink_id)) {
      status.state = health_name(state->health.load(std::memory_order_acquire));
      status.last_error = last_error_of(*state);
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

}  // namespace supervisor
