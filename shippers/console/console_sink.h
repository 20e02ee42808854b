// The console sink: services' lines on birl's own standard output and error.
//
// Stdout frames go to descriptor 1 and stderr frames to 2 (target "same"), or all to one. The
// service named `birl` is birl itself: its lines go to standard error as `birl: ...`, whatever
// target and prefix say. At least once: the cursor moves after the write, so a router that dies in
// between repeats at most one batch (4 KiB).
//
// A reader that is slow or stuck makes consume() wait at most kWaitMs and then ask to be called
// again; the ring fills and, with when_full = "block", the service waits, as Docker itself does. An
// output that fails (closed, broken pipe) is reported and tried again.
// Threads: the sink's own. Owner: the router.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "logging/sink.h"
#include "shippers/console/console_format.h"
#include "shippers/console/console_output.h"
#include "shippers/file/path_template.h"
#include "shippers/lines/record_lines.h"
#include "shippers/retry_clock.h"

namespace shippers {

struct ConsoleSinkLimits {
  static constexpr std::size_t kConsumeBytes = 256 * 1024;
  static constexpr int kWaitMs = 20;
};

/// The service under which birl's own messages come.
inline constexpr std::string_view kOwnService = "birl";

class ConsoleSink final : public logging::Sink {
 public:
  /// The descriptors are borrowed. kInvalid when the prefix's template is wrong.
  [[nodiscard]] static base::Result<std::unique_ptr<ConsoleSink>> make(
      const std::string& name, const logging::ConsoleSinkConfig& config, const std::string& host,
      FileRecordTable& records, logging::SinkReport& report, int stdout_fd, int stderr_fd,
      PipelineMaker pipeline = {});

  [[nodiscard]] base::Result<void> attach(const logging::SinkInput& input) override;
  [[nodiscard]] logging::ConsumeResult consume(const logging::SinkInput& input,
                                               std::uint64_t now_ns) override;
  /// With a pipeline: then a frame that kills the router three times is dropped.
  [[nodiscard]] bool parses_records() const override { return parses_records_; }
  void reopen() override {}
  void rotate() override {}
  void end_input() override { ended_ = true; }

 private:
  static constexpr std::size_t kOutputs = 2;
  static constexpr std::size_t kStdout = 0;
  static constexpr std::size_t kStderr = 1;
  enum class Flush { kDone, kStalled, kFailed };

  ConsoleSink(const logging::ConsoleSinkConfig& config, const std::string& host,
              PathTemplate prefix, logging::SinkReport& report,
              std::array<ConsoleOutput, kOutputs> outputs, PipelineMaker pipeline);

  [[nodiscard]] std::string prefix_of(const std::string& service, logging::Stream stream) const;
  [[nodiscard]] ConsoleRoute route_of(const std::string& service) const;
  [[nodiscard]] base::Result<void> make_records(const logging::SinkInput& input);
  [[nodiscard]] bool start_batch(logging::RingConsumer& consumer);
  [[nodiscard]] bool format(logging::RingConsumer& consumer,
                            std::span<const logging::FrameView> frames);
  [[nodiscard]] Flush flush(std::uint64_t now_ns, bool may_wait);
  void end_batch();

  logging::ConsoleSinkConfig config_;
  std::string host_;
  PathTemplate prefix_;
  logging::SinkReport& report_;
  std::array<ConsoleOutput, kOutputs> outputs_;
  PipelineMaker pipeline_;
  std::map<logging::RingConsumer*, ConsoleRoute> routes_;
  std::map<logging::RingConsumer*, std::unique_ptr<logging::RecordRun>> records_;  // if any
  bool parses_records_ = false;
  bool ended_ = false;               // no more lines come
  std::uint64_t held_until_ns_ = 0;  // realtime: what the input has may still grow
  RetryClock retry_;
  ConsoleBatch batch_;  // being written while writer_ is set
  std::size_t written_ = 0;
  logging::RingConsumer* writer_ = nullptr;
};

}  // namespace shippers
