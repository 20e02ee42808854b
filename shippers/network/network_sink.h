// A sink across a network: rings → batches → spool → destination, at least once.
//
// What waits for a batch waits in the rings: nothing is held in memory between two rounds of the
// sink's thread. When a batch is due (delivery/batcher.h, or a ring that fills up) the next round
// collects: each input gives its share, then tend() appends the batch to the spool and moves the
// cursors. From there on the courier brings it to the destination, whatever the rings do. An outage
// fills the spool; then the policy decides: drop-oldest gives up the spool's oldest segment, block
// leaves the rest in the rings, where the services wait for it, drop-newest and drop-by-level take
// no line for which there is no room (logging/admission.h), and say so where the next one goes on.
//
// The thread is the sink's own (a spool on a dead disk stalls its own sink alone); requests run on
// the one network thread (http/http_client.h).
// Threads: as sink.h says. Owner: the writer thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "logging/sink.h"
#include "shippers/delivery/batcher.h"
#include "shippers/lines/record_lines.h"
#include "shippers/network/batch_builder.h"
#include "shippers/network/courier.h"
#include "shippers/network/destination.h"
#include "shippers/network/line_ledger.h"
#include "shippers/retry_clock.h"
#include "shippers/spool/spool.h"

namespace shippers {

struct NetworkSinkLimits {
  static constexpr std::uint64_t kShareBytesMin = 16U << 10U;  // of one input in a batch
  static constexpr std::uint64_t kMemorySpoolBytes = 16U << 20U;
  static constexpr std::uint64_t kBlockedRetryNs = 1'000'000'000;
  static constexpr std::uint64_t kPatienceNs = 50'000'000;  // with lines that wait for more
};

class NetworkSink final : public logging::Sink {
 public:
  struct Parts {
    logging::SinkReport& report;
    logging::SinkState& state;
    base::Diag& diag;
    std::function<void()> wake;
    std::unique_ptr<base::FileSystem> files;
    std::unique_ptr<Destination> destination;
    std::string host;
    std::string state_directory;
    std::string runtime_directory;
    PipelineMaker pipeline;                        // none: lines are taken as they are
    std::uint64_t seed = 0;                        // of the waits' jitter
    logging::DeadLetters* dead_letters = nullptr;  // null: nobody takes any
  };
  NetworkSink(const logging::SinkConfig& config, Parts parts);
  ~NetworkSink() override;
  NetworkSink(const NetworkSink&) = delete;
  NetworkSink& operator=(const NetworkSink&) = delete;

  [[nodiscard]] base::Result<void> attach(const logging::SinkInput& input) override;
  [[nodiscard]] logging::ConsumeResult consume(const logging::SinkInput& input,
                                               std::uint64_t now_ns) override;
  [[nodiscard]] std::uint64_t tend(std::uint64_t now_ns) override;
  void end_input() override;
  void reopen() override {}
  void rotate() override {}
  void manage_spool(logging::SpoolAction action, base::Fd reply) override;
  [[nodiscard]] bool parses_records() const override { return true; }

 private:
  [[nodiscard]] bool open(std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> open_spool();
  [[nodiscard]] base::Result<void> open_spool_at(const Spool::Options& options);
  void open_dead_letters(const std::string& directory);
  [[nodiscard]] base::Result<std::uint64_t> drop_all();
  [[nodiscard]] base::Result<std::uint64_t> do_with_spool(logging::SpoolAction action);
  [[nodiscard]] base::Result<std::unique_ptr<logging::RecordRun>> make_records(
      const logging::SinkInput& input);
  void flush(std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> append_batch();
  void show_batch();
  void commit_batch();
  [[nodiscard]] base::Result<void> make_room();
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool drops_at_entry() const;
  [[nodiscard]] bool may_enter(logging::Severity severity, std::size_t payload_bytes) const;
  [[nodiscard]] std::uint64_t missing(const logging::RingConsumer& consumer) const;
  void decide(std::uint64_t now_ns);
  void report_health();
  [[nodiscard]] std::uint64_t due_at_ns(std::uint64_t now_ns) const;
  [[nodiscard]] static Batcher::Limits batch_limits(const logging::BatchConfig& config,
                                                    const RequestLimits& limits);

  logging::SinkConfig config_;
  Parts parts_;
  Batcher batcher_;
  BatchBuilder builder_;
  LineLedger ledger_;
  std::unique_ptr<Spool> spool_;                 // null until it is open
  std::unique_ptr<DeadLetterBox> dead_letters_;  // null: none are wanted, or the disk is broken
  std::unique_ptr<Courier> courier_;             // likewise
  std::map<logging::RingConsumer*, std::unique_ptr<logging::RecordRun>> inputs_;  // null: lines
  std::map<const logging::RingConsumer*, std::uint64_t> told_;  // dropped lines that events told of
  bool is_durable_ = false;                                     // the spool outlives this boot
  bool collecting_ = false;  // this round's inputs give their share
  bool draining_ = false;
  std::uint64_t patience_at_ns_ = 0;  // nothing could be taken; 0: something could
  std::uint64_t share_bytes_ = 0;
  std::optional<base::Error> disk_error_;
  RetryClock retry_;  // of the spool
  std::uint64_t rejections_told_ = 0;
  std::uint64_t retries_told_ = 0;
};

}  // namespace shippers
