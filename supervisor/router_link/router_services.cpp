// Which services the router reads, and what becomes of rings that are files.
#include <algorithm>

#include "supervisor/router_link/router_link.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint64_t kLeftoverLookMs = 1'000;

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

Result<ServiceLogs*> RouterLink::add_service(ServiceLogs::Identity identity,
                                             std::uint64_t ring_capacity) {
  const auto former = std::ranges::find_if(services_, [&](const auto& logs) {
    return logs->removed() && logs->identity().name == identity.name;
  });
  if (former != services_.end()) {
    (*former)->take_up_again();
    return former->get();
  }
  identity.service_id = next_service_id_++;
  TRY_ASSIGN(ServiceLogs logs, ServiceLogs::create(std::move(identity), next_ring_id_++,
                                                   ring_capacity, parts_.runtime_directory));
  return services_.emplace_back(std::make_unique<ServiceLogs>(std::move(logs))).get();
}

Result<ServiceLogs*> RouterLink::add_service(ServiceLogs::Identity identity, RingFile ring) {
  identity.service_id = next_service_id_++;
  next_ring_id_ = std::max(next_ring_id_, ring.info.ring_id + 1);
  const bool is_leftover = ring.info.is_leftover;
  TRY_ASSIGN(ServiceLogs logs,
             ServiceLogs::adopt(std::move(identity), std::move(ring), parts_.runtime_directory));
  ServiceLogs& added = *services_.emplace_back(std::make_unique<ServiceLogs>(std::move(logs)));
  if (is_leftover) {
    remove_service(added);
  }
  return &added;
}

bool RouterLink::has_removed(const std::string& service) const {
  return std::ranges::any_of(services_, [&](const auto& logs) {
    return logs->removed() && logs->identity().name == service;
  });
}

void RouterLink::remove_service(ServiceLogs& logs) {
  logs.remove();
  if (!logs.ring_path().empty()) {
    leftover_timer_.start_once(kLeftoverLookMs);
  }
}

/// Only a router that is ready has copied what a ring holds into its mirror.
void RouterLink::look_at_leftovers() {
  bool some_are_left = false;
  for (const auto& logs : services_) {
    if (!logs->removed() || logs->ring_path().empty()) {
      continue;
    }
    if (ready() && is_delivered(*logs)) {
      parts_.ring_files.remove(logs->ring_path());
      logs->forget_ring_path();
    } else {
      some_are_left = true;
    }
  }
  if (some_are_left) {
    leftover_timer_.start_once(kLeftoverLookMs);
  }
}

/// In its place comes an empty one, a file again where that is possible.
Result<void> RouterLink::replace_ring(ServiceLogs& logs) {
  const std::string path = logs.ring_path();
  const std::uint64_t capacity = logs.view().capacity();
  if (!path.empty()) {
    parts_.ring_files.set_aside(path);
    auto rings = parts_.ring_files.open(
        directory_of(path),
        {{.service = logs.identity().name, .capacity = capacity, .ring_id = next_ring_id_++}});
    if (rings && !rings->empty()) {
      return logs.replace_ring(std::move(rings->front()), parts_.runtime_directory);
    }
  }
  return logs.replace_ring(next_ring_id_++, capacity, parts_.runtime_directory);
}

}  // namespace supervisor
