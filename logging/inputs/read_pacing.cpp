#include "logging/inputs/read_pacing.h"

#include <algorithm>

#include "base/clock.h"

namespace logging {

void ReadPacing::on_ready(std::uint64_t now_ns) {
  empty_reads_ = 0;
  interval_ns_ = kIntervalMaxNs;
  last_read_ns_ = now_ns;
  next_read_ns_ = now_ns;
}

void ReadPacing::on_data(std::size_t bytes, std::size_t pipe_bytes, std::uint64_t now_ns) {
  const std::uint64_t elapsed_ns = now_ns - last_read_ns_;
  const bool first = elapsed_ns < kIntervalMinNs;  // what lay there says nothing about the rate
  last_read_ns_ = now_ns;
  empty_reads_ = 0;
  if (bytes >= pipe_bytes / 4 * 3) {
    interval_ns_ = std::min(interval_ns_ / 2, kBulkIntervalNs);
  } else if (!first) {
    const std::uint64_t half_full_ns = elapsed_ns * (pipe_bytes / 2) / bytes;
    const bool busy = bytes * base::kNsPerMs >= kBusyBytesPerMs * elapsed_ns;
    interval_ns_ = std::min(half_full_ns, busy ? kBusyIntervalMaxNs : kIntervalMaxNs);
  }
  const bool waits = !never_waits_ && interval_ns_ >= kIntervalMinNs;
  next_read_ns_ = waits ? now_ns + interval_ns_ : now_ns;
}

void ReadPacing::on_empty(std::uint64_t now_ns) {
  empty_reads_ = never_waits_ ? kEmptyReads : empty_reads_ + 1;
  last_read_ns_ = now_ns;
  interval_ns_ = kIntervalMaxNs;
  next_read_ns_ = now_ns + interval_ns_;
}

}  // namespace logging
