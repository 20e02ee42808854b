// Another configuration for the router, and what becomes of rings that are given up.
#include <algorithm>

#include "base/clock.h"
#include "base/codec.h"
#include "supervisor/router_link/router_link.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint64_t kDeliversForNs = 2 * base::kNsPerSecond;
constexpr std::uint64_t kEndsWithinMs = 3'000;  // a sink may be stuck; the next router goes on

bool has_sink(const ServiceLogs& logs, std::uint32_t sink_id) {
  const std::vector<std::string>& sinks = logs.identity().sinks;
  return std::ranges::any_of(
      sinks, [sink_id](const std::string& sink) { return logging::sink_id_of(sink) == sink_id; });
}

}  // namespace

Result<void> RouterLink::change(const logging::RouterConfig& config, const SinksOf& sinks_of) {
  bool is_other = base::Encoder::encode(config) != config_;
  std::vector<std::vector<std::string>> sinks;
  for (const auto& logs : services_) {
    sinks.push_back(sinks_of(*logs));
    is_other = is_other || sinks.back() != logs->identity().sinks ||
               (logs->removed() && is_delivered(*logs));
  }
  if (!is_other) {
    return {};
  }
  TRY(encode_config(config));
  for (std::size_t index = 0; index < services_.size(); ++index) {
    services_[index]->set_sinks(std::move(sinks[index]));
  }
  end_for_change(kDeliversForNs);
  return {};
}

void RouterLink::end_for_change(std::uint64_t delivers_for_ns) {
  if (pid_ == 0) {
    return settle_change();  // the one that is started next reads the new configuration
  }
  changing_ = true;
  change_timer_.start_once(kEndsWithinMs);
  queue_.clear();
  if (!go_sent_) {
    socket_poll_.reset();
    socket_.reset();  // it has begun nothing yet, and ends
    return;
  }
  enqueue(logging::RetireMessage{.deadline_monotonic_ns = base::monotonic_ns() + delivers_for_ns});
  pump();
}

/// No router lives: the rings stand still.
void RouterLink::settle_change() {
  changing_ = false;
  for (const auto& logs : services_) {
    retire_consumers(*logs);
  }
  std::erase_if(services_, [this](const auto& logs) {
    if (!logs->removed() || !is_delivered(*logs)) {
      return false;
    }
    for (const auto& consumer : logs->view().consumers()) {
      if (has_sink(*logs, consumer.sink_id)) {
        retire(consumer, logging::DropReason::kRemoved);
      }
    }
    if (!logs->ring_path().empty()) {
      parts_.ring_files.remove(logs->ring_path());
    }
    return true;
  });
}

void RouterLink::replace_damaged_ring(ServiceLogs& logs, const std::string& why) {
  parts_.diag.error("the ring of {} is damaged and is replaced: {}", logs.identity().name, why);
  std::uint64_t lost_lines = 0;
  for (const auto& consumer : logs.view().consumers()) {
    retire(consumer, logging::DropReason::kRingDamaged);
    lost_lines = std::max(lost_lines, consumer.buffered - consumer.spooled);
  }
  const Result<void> replaced = replace_ring(logs);
  if (!replaced) {
    parts_.diag.error("cannot replace the ring: {}", replaced.error().message);
    kill_router();
    return;
  }
  parts_.diag.error("{} lines of {} were lost with its ring", lost_lines, logs.identity().name);
  resend_.push_back(logs.identity().service_id);
}

/// Of sinks that the service has no more. The next router takes them out of the ring.
void RouterLink::retire_consumers(const ServiceLogs& logs) {
  for (const auto& consumer : logs.view().consumers()) {
    if (!has_sink(logs, consumer.sink_id) &&
        retired_in_rings_.insert({logs.view().ring_id(), consumer.sink_id}).second) {
      retire(consumer, logging::DropReason::kRemoved);
    }
  }
}

/// What is spooled is not lost: the sink settles it and counts it by itself from now on.
void RouterLink::retire(const logging::RingView::ConsumerState& consumer,
                        logging::DropReason reason) {
  Retired& retired = retired_[consumer.sink_id];
  retired.received += consumer.received - consumer.spooled;
  retired.delivered += consumer.delivered;
  for (std::size_t index = 0; index < logging::kDropReasons; ++index) {
    retired.dropped[index] += consumer.dropped[index];
  }
  retired.dropped[static_cast<std::size_t>(reason)] += consumer.buffered - consumer.spooled;
}

}  // namespace supervisor
