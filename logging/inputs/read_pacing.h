// When to read a service's pipe next: coalescing, as a pure decision.
//
// A reader that wakes on every small write costs many times more CPU per byte, and so does a
// service that must wake its reader. So a quiet pipe is read at once; from then on it is read on a
// timer, without being polled, until kEmptyReads reads found nothing. The interval is the time in
// which the pipe fills to one half at the rate seen, at most kIntervalMaxNs, or kBusyIntervalMaxNs
// for a stream of kBusyBytesPerMs and more: there nobody waits for a single line, and each read
// costs wake-ups of two threads. A pipe found full is read twice as often. Small pipes
// never wait: a wait would stop their writer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace logging {

class ReadPacing {
 public:
  static constexpr std::uint64_t kIntervalMaxNs = 1'000'000;
  static constexpr std::uint64_t kBusyIntervalMaxNs = 4'000'000;
  static constexpr std::uint64_t kBusyBytesPerMs = 16 * 1024;
  static constexpr std::uint64_t kBulkIntervalNs = 200'000;
  static constexpr std::uint64_t kIntervalMinNs = 20'000;  // less than that is no wait at all
  static constexpr int kEmptyReads = 3;
  static constexpr std::size_t kSmallPipeBytes = 16 * 1024;

  void set_never_waits(bool on) { never_waits_ = on; }

  /// A visit of the pipe read `bytes` in all; `pipe_bytes` is its size.
  void on_data(std::size_t bytes, std::size_t pipe_bytes, std::uint64_t now_ns);
  void on_empty(std::uint64_t now_ns);
  void on_ready(std::uint64_t now_ns);  // polled again after it was quiet
  void read_now(std::uint64_t now_ns) { next_read_ns_ = now_ns; }

  [[nodiscard]] bool is_quiet() const { return empty_reads_ >= kEmptyReads; }
  [[nodiscard]] std::uint64_t next_read_ns() const { return next_read_ns_; }

 private:
  std::uint64_t interval_ns_ = kIntervalMaxNs;
  std::uint64_t last_read_ns_ = 0;
  std::uint64_t next_read_ns_ = 0;
  int empty_reads_ = 0;
  bool never_waits_ = false;
};

}  // namespace logging
