// Making and mapping the router state file (router_state.h).
//
// PID 1 makes it once and keeps it; each router maps all of it for writing; PID 1 looks at the
// header through RouterStateView and believes nothing unchecked.
// Threads: a SinkState has one writer, the sink's thread; claim_sink() belongs to the main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "logging/handoff/router_state.h"

namespace logging {

[[nodiscard]] base::Result<base::Fd> create_router_state(const std::string& fallback_directory);

/// The router's mapping of the whole file.
class RouterState {
 public:
  [[nodiscard]] static base::Result<RouterState> open(int fd);

  /// The file records are in this file of kFileRecordsBytes, instead of behind the header.
  [[nodiscard]] base::Result<void> set_records(int records_fd);

  [[nodiscard]] RouterStateHeader& header() const;
  [[nodiscard]] std::span<std::byte> file_records() const;

  /// The state of this sink: the one it had before, or a free one. kLimit when all are taken.
  [[nodiscard]] base::Result<SinkState*> claim_sink(std::uint32_t sink_id) const;
  [[nodiscard]] SinkState* find_sink(std::uint32_t sink_id) const;  // nullptr: none

 private:
  explicit RouterState(base::Mapping mapping) : mapping_(std::move(mapping)) {}
  base::Mapping mapping_;
  base::Mapping records_;
};

/// One sink as `status` shows it; a consistent copy.
struct SinkStatus {
  std::uint32_t sink_id = 0;
  SinkHealth health = SinkHealth::kOk;
  std::uint64_t error_time_ns = 0;
  std::string last_error;
  std::uint64_t spool_bytes = 0;
  std::uint64_t retries = 0;
  std::uint64_t oldest_ring_ns = 0;
  std::uint64_t oldest_spool_ns = 0;
  DeliveryMarks marks;
  InheritedLines inherited;
};

/// PID 1's read-only mapping of the header.
class RouterStateView {
 public:
  [[nodiscard]] static base::Result<RouterStateView> open(int fd);
  [[nodiscard]] std::vector<SinkStatus> sinks() const;

 private:
  explicit RouterStateView(base::Mapping mapping) : mapping_(std::move(mapping)) {}
  base::Mapping mapping_;
};

}  // namespace logging
