#include "logging/sink_report.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"

namespace logging {

void SinkReport::working() {
  state_.health.store(SinkHealth::kOk, std::memory_order_release);
}

void SinkReport::failing(SinkHealth health, std::string_view message) {
  const std::size_t bytes = std::min(message.size(), state_.last_error.size() - 1);
  const bool repeated = std::string_view(state_.last_error.data()) == message.substr(0, bytes);
  if (!repeated) {
    state_.error_sequence.fetch_add(1, std::memory_order_acq_rel);
    std::memcpy(state_.last_error.data(), message.data(), bytes);
    state_.last_error[bytes] = '\0';
    state_.error_sequence.fetch_add(1, std::memory_order_release);
  }
  state_.error_time_ns.store(base::realtime_ns(), std::memory_order_release);
  state_.health.store(health, std::memory_order_release);
}

SinkHealth SinkReport::health() const {
  return state_.health.load(std::memory_order_acquire);
}

}  // namespace logging
