#include "supervisor/machine/fleet_trace.h"

#include <algorithm>
#include <utility>

namespace supervisor {

void FleetTrace::add(ServiceId service, const ServiceEvent& event, std::uint64_t now_ns) {
  TraceEntry entry{.service = service, .now_ns = now_ns, .event = event};
  std::string& text = entry.event.text;
  text.resize(std::min(text.size(), TraceLimits::kTextBytes));
  push(std::move(entry));
}

/// Of the event that is being stepped.
void FleetTrace::add_answer(TraceKind kind, std::uint64_t answer) {
  const TraceEntry& cause = entries_.back();
  push({.kind = kind,
        .service = cause.service,
        .now_ns = cause.now_ns,
        .event = {},
        .answer = answer});
}

void FleetTrace::push(TraceEntry entry) {
  entries_.push_back(std::move(entry));
  if (entries_.size() > TraceLimits::kEntries) {
    entries_.pop_front();
    complete_ = false;
  }
}

}  // namespace supervisor
