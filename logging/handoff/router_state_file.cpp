#include "logging/handoff/router_state_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

base::Result<void> check_state_file(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return base::fail_errno("cannot look at the router state");
  }
  if (static_cast<std::size_t>(status.st_size) != kRouterStateBytes) {
    return base::fail(base::ErrorCode::kDamaged, "cannot use the router state: wrong size");
  }
  return {};
}

base::Result<void> check_header(const RouterStateHeader& header) {
  if (header.magic != kRouterStateMagic || header.version != kRouterStateVersion) {
    return base::fail(base::ErrorCode::kDamaged, "cannot use the router state: damaged header");
  }
  return {};
}

/// The writer makes the sequence odd, writes, makes it even; a torn text is dropped, not shown.
std::string read_error(const SinkState& state) {
  const std::uint32_t before = state.error_sequence.load(std::memory_order_acquire);
  std::array<char, RouterStateLimits::kErrorBytes> text{};
  copy_racing(text.data(), state.last_error.data(), text.size());
  const std::uint32_t after = state.error_sequence.load(std::memory_order_acquire);
  if (before != after || before % 2 != 0) {
    return {};
  }
  return std::string(text.data(), ::strnlen(text.data(), text.size()));
}

}  // namespace

base::Result<base::Fd> create_router_state(const std::string& fallback_directory) {
  TRY_ASSIGN(base::Fd fd,
             base::make_memory_file("birl-router-state", kRouterStateBytes, fallback_directory));
  TRY_ASSIGN(const base::Mapping header,
             base::Mapping::map(fd.get(), 0, kRouterStateHeaderBytes, base::Access::kReadWrite));
  auto* state = reinterpret_cast<RouterStateHeader*>(header.data());
  state->version = kRouterStateVersion;
  state->magic = kRouterStateMagic;
  return fd;
}

base::Result<RouterState> RouterState::open(int fd) {
  TRY(check_state_file(fd));
  TRY_ASSIGN(base::Mapping mapping,
             base::Mapping::map(fd, 0, kRouterStateBytes, base::Access::kReadWrite));
  RouterState state(std::move(mapping));
  TRY(check_header(state.header()));
  return state;
}

RouterStateHeader& RouterState::header() const {
  return *reinterpret_cast<RouterStateHeader*>(mapping_.data());
}

base::Result<void> RouterState::set_records(int records_fd) {
  struct stat status {};
  if (::fstat(records_fd, &status) != 0 ||
      static_cast<std::size_t>(status.st_size) != kFileRecordsBytes) {
    return base::fail(base::ErrorCode::kDamaged, "cannot use the file records: wrong size");
  }
  TRY_ASSIGN(records_,
             base::Mapping::map(records_fd, 0, kFileRecordsBytes, base::Access::kReadWrite));
  return {};
}

std::span<std::byte> RouterState::file_records() const {
  if (records_.valid()) {
    return {records_.data(), kFileRecordsBytes};
  }
  return {mapping_.data() + kRouterStateHeaderBytes, kRouterStateBytes - kRouterStateHeaderBytes};
}

SinkState* RouterState::find_sink(std::uint32_t sink_id) const {
  for (SinkState& state : header().sinks) {
    if (state.sink_id.load(std::memory_order_acquire) == sink_id) {
      return &state;
    }
  }
  return nullptr;
}

base::Result<SinkState*> RouterState::claim_sink(std::uint32_t sink_id) const {
  if (SinkState* state = find_sink(sink_id); state != nullptr) {
    return state;
  }
  SinkState* state = find_sink(0);
  if (state == nullptr) {
    return base::fail(base::ErrorCode::kLimit, "cannot add a sink: there are too many");
  }
  state->sink_id.store(sink_id, std::memory_order_release);
  return state;
}

base::Result<RouterStateView> RouterStateView::open(int fd) {
  TRY(check_state_file(fd));
  TRY_ASSIGN(base::Mapping mapping,
             base::Mapping::map(fd, 0, kRouterStateHeaderBytes, base::Access::kRead));
  TRY(check_header(*reinterpret_cast<const RouterStateHeader*>(mapping.data())));
  return RouterStateView(std::move(mapping));
}

std::vector<SinkStatus> RouterStateView::sinks() const {
  std::vector<SinkStatus> list;
  const auto& header = *reinterpret_cast<const RouterStateHeader*>(mapping_.data());
  for (const SinkState& state : header.sinks) {
    const std::uint32_t sink_id = state.sink_id.load(std::memory_order_acquire);
    if (sink_id == 0) {
      continue;
    }
    const auto health = state.health.load(std::memory_order_acquire);
    list.push_back({.sink_id = sink_id,
                    .health = std::min(health, SinkHealth::kBlocked),
                    .error_time_ns = state.error_time_ns.load(std::memory_order_acquire),
                    .last_error = read_error(state),
                    .spool_bytes = state.spool_bytes.load(std::memory_order_relaxed),
                    .retries = state.retries.load(std::memory_order_relaxed),
                    .oldest_ring_ns = state.oldest_ring_ns.load(std::memory_order_relaxed),
                    .oldest_spool_ns = state.oldest_spool_ns.load(std::memory_order_relaxed),
                    .marks = read_slot(state.marks_sequence, state.marks),
                    .inherited = read_slot(state.inherited_sequence, state.inherited)});
  }
  return list;
}

}  // namespace logging
