// The router, its rings and pipes across a live upgrade. The next birl has a router of its own, so
// this one's is asked to end like for a change of the configuration, but at once: it delivers
// nothing more, and what rings and pipes hold waits for the next router some milliseconds.
#include <algorithm>
#include <utility>

#include "supervisor/router_link/router_link.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint64_t kEndsWithinMs = 3'000;  // a sink may be stuck; the next router goes on

}  // namespace

KeptLogs ServiceLogs::take_state() const {
  KeptLogs kept{.service_id = identity_.service_id,
                .name = identity_.name,
                .sinks = identity_.sinks,
                .ring = keep(ring_),
                .mirror = keep(mirror_),
                .ring_path = ring_path_,
                .capacity = view_->capacity(),
                .pipes = {},
                .incarnation = incarnation_,
                .awaited = {},
                .removed = removed_};
  for (const ServicePipe& pipe : pipes_) {
    kept.pipes.push_back({.info = pipe.info, .read = keep(pipe.read)});
  }
  if (awaited_) {
    kept.awaited = KeptAwaited{awaited_->incarnation, awaited_->regexes};
  }
  return kept;
}

Result<ServiceLogs::Restored> ServiceLogs::restore(const KeptLogs& kept, ArrivingFds& fds,
                                                   std::uint64_t ring_id,
                                                   const std::string& fallback_directory) {
  Restored restored{
      .logs = ServiceLogs({.service_id = kept.service_id, .name = kept.name, .sinks = kept.sinks}),
      .damaged = {}};
  ServiceLogs& logs = restored.logs;
  TRY_ASSIGN(logs.ring_, fds.take(kept.ring));
  TRY_ASSIGN(logs.mirror_, fds.take(kept.mirror));
  logs.ring_path_ = kept.ring_path;
  const int seen = logs.mirror_.valid() ? logs.mirror_.get() : logs.ring_.get();
  auto view = logging::RingView::open(seen, logging::RingView::Extent::kHeaders);
  if (view) {
    logs.view_.emplace(std::move(*view));
  } else {
    restored.damaged = view.error().message;
    TRY(logs.replace_ring(ring_id, kept.capacity, fallback_directory));
  }
  for (const KeptPipe& pipe : kept.pipes) {
    TRY_ASSIGN(base::Fd read, fds.take(pipe.read));
    logs.pipes_.push_back({.info = pipe.info, .read = std::move(read)});
  }
  logs.incarnation_ = kept.incarnation;
  if (kept.awaited) {
    logs.awaited_ = Awaited{kept.awaited->incarnation, kept.awaited->regexes};
  }
  logs.removed_ = kept.removed;
  return restored;
}

KeptRouter RouterLink::take_state() const {
  KeptRouter kept{.state = keep(state_),
                  .file_records = keep(file_records_),
                  .staging_read = keep(staging_.read),
                  .staging_write = keep(staging_.write),
                  .services = {},
                  .dead_letters = {},
                  .next_service_id = next_service_id_,
                  .next_ring_id = next_ring_id_,
                  .retired = {},
                  .retired_in_rings = {},
                  .pid = pid_,
                  .restarts = restarts_,
                  .last_was_killed = last_was_killed_};
  for (const auto& logs : services_) {
    kept.services.push_back(logs->take_state());
  }
  for (const DeadLetterPipe& pipe : dead_letters_) {
    kept.dead_letters.push_back({.sink = pipe.sink,
                                 .service_id = pipe.logs->identity().service_id,
                                 .write = keep(pipe.write),
                                 .had_writer = pipe.had_writer});
  }
  for (const auto& [sink_id, retired] : retired_) {
    kept.retired.push_back({.sink_id = sink_id,
                            .received = retired.received,
                            .delivered = retired.delivered,
                            .dropped = {retired.dropped.begin(), retired.dropped.end()}});
  }
  for (const auto& [ring_id, sink_id] : retired_in_rings_) {
    kept.retired_in_rings.push_back({.ring_id = ring_id, .sink_id = sink_id});
  }
  return kept;
}

Result<std::unique_ptr<RouterLink>> RouterLink::restore(Parts parts,
                                                        const logging::RouterConfig& config,
                                                        const KeptRouter& kept, ArrivingFds& fds) {
  std::unique_ptr<RouterLink> link(new RouterLink(std::move(parts)));
  TRY(link->restore_shared_objects(kept, fds));
  TRY(link->encode_config(config));
  TRY(link->restore_services(kept, fds));
  link->restore_counts(kept);
  return link;
}

Result<void> RouterLink::restore_shared_objects(const KeptRouter& kept, ArrivingFds& fds) {
  TRY_ASSIGN(state_, fds.take(kept.state));
  TRY_ASSIGN(auto view, logging::RouterStateView::open(state_.get()));
  state_view_.emplace(std::move(view));
  TRY_ASSIGN(file_records_, fds.take(kept.file_records));
  TRY_ASSIGN(staging_.read, fds.take(kept.staging_read));
  TRY_ASSIGN(staging_.write, fds.take(kept.staging_write));
  return {};
}

Result<void> RouterLink::restore_services(const KeptRouter& kept, ArrivingFds& fds) {
  next_service_id_ = kept.next_service_id;
  next_ring_id_ = kept.next_ring_id;
  for (const KeptLogs& logs : kept.services) {
    TRY_ASSIGN(ServiceLogs::Restored restored,
               ServiceLogs::restore(logs, fds, next_ring_id_, parts_.runtime_directory));
    if (!restored.damaged.empty()) {
      ++next_ring_id_;
      parts_.diag.error("the ring of {} is damaged and is replaced: {}", logs.name,
                        restored.damaged);
    }
    services_.push_back(std::make_unique<ServiceLogs>(std::move(restored.logs)));
  }
  for (const KeptDeadLetters& letters : kept.dead_letters) {
    TRY_ASSIGN(base::Fd write, fds.take(letters.write));
    dead_letters_.push_back({.sink = letters.sink,
                             .logs = find_service(letters.service_id),
                             .write = std::move(write),
                             .had_writer = letters.had_writer});
  }
  return {};
}

void RouterLink::restore_counts(const KeptRouter& kept) {
  for (const KeptRetired& sink : kept.retired) {
    Retired& retired = retired_[sink.sink_id];
    retired.received = sink.received;
    retired.delivered = sink.delivered;
    std::copy_n(sink.dropped.begin(), std::min(sink.dropped.size(), retired.dropped.size()),
                retired.dropped.begin());
  }
  for (const KeptRetiredInRing& retired : kept.retired_in_rings) {
    retired_in_rings_.insert({retired.ring_id, retired.sink_id});
  }
  pid_ = kept.pid;
  restarts_ = kept.restarts;
  last_was_killed_ = kept.last_was_killed;
}

void RouterLink::leave() {
  if (pid_ != 0) {
    end_for_change(0);
  }
}

void RouterLink::follow_former() {
  if (pid_ == 0) {
    return launch();
  }
  changing_ = true;
  change_timer_.start_once(kEndsWithinMs);
}

}  // namespace supervisor
