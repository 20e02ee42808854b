// The router's moving parts and how they hang together: rings, the intake, a writer per sink.
//
// It is built from the handoff's messages and knows nothing of sockets. Recovery is in the order of
// start(): consumers were claimed when their service was added; the sinks complete what was half
// written; then the intake completes the interrupted read and goes on.
// Threads: the main thread. Owner: the handoff session (router.cpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/diag.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/handoff/router_state_file.h"
#include "logging/inputs/intake.h"
#include "logging/router/background_thread.h"
#include "logging/router/event_queue.h"
#include "logging/router/hang_watch.h"
#include "logging/router/sink_queue.h"
#include "logging/router/writer_thread.h"
#include "logging/sink.h"

namespace logging {

struct GraphLimits {
  static constexpr std::uint64_t kAttachWaitNs = 1'000'000'000;
  static constexpr int kBackgroundNiceness = 19;
};

class Graph {
 public:
  Graph(RouterConfig config, RouterState state, EventQueue& events, base::Diag& diag);
  /// Before open(). No frame is to blame for the end of the router before.
  void set_last_was_killed() { last_was_killed_ = true; }
  ~Graph();  // stops and joins every thread

  [[nodiscard]] base::Result<void> open(base::Pipe staging, const SinkFactory& factory);

  /// Maps and checks the ring and claims its consumers. kDamaged: the ring must be replaced.
  [[nodiscard]] base::Result<void> add_service(const ServiceMessage& message,
                                               std::vector<base::Fd> fds);
  /// kInvalid when the service is unknown.
  [[nodiscard]] base::Result<void> add_pipe(const PipeMessage& message, base::Fd fd);
  void close_pipe(const ClosePipeMessage& message);
  /// The intake tells kLineSeen.
  void await_line(const AwaitLineMessage& message);

  /// Before start().
  void add_dead_letters(const DeadLettersMessage& message, base::Fd pipe);

  /// Waits, but not for ever, until the sinks have completed what was half written.
  void start();

  void reopen();
  void rotate(const std::string& sink_name);  // empty: all
  /// Closes `pipe` when there is no such sink.
  void tap(const std::string& sink_name, base::Fd pipe);
  /// The same.
  void manage_spool(const SpoolMessage& message, base::Fd reply);

  /// Reads all pipes to their present end; the intake tells kDrained. After that is_delivered()
  /// says whether every line that was there then is out; events.ring() tells when to look again.
  void begin_drain();
  void on_intake_drained();
  /// Reads nothing any more: what comes stays in the pipes, for the next router, and so do the
  /// beginnings of lines. is_delivered() says whether the rings are done with.
  void begin_retiring();
  [[nodiscard]] bool is_delivered() const;

  [[nodiscard]] HangWatch& hang_watch() { return watch_; }

 private:
  struct Service {
    std::string name;
    std::unique_ptr<RingFeed> feed;
    std::uint64_t drain_to = 0;  // head of the ring when the intake had drained its pipes
  };

  [[nodiscard]] base::Result<void> make_writer(const SinkConfig& config,
                                               const SinkFactory& factory);
  [[nodiscard]] base::Result<void> claim_consumers(const ServiceMessage& message, RingFeed& feed);
  struct Claim {
    std::string sink;
    WriterThread* writer = nullptr;
    std::unique_ptr<RingConsumer> consumer;
  };
  void connect(const std::string& service, RingFeed& feed, Claim claim);
  [[nodiscard]] std::string queue_directory() const;
  void tell_idle();
  void release_strangers(const ServiceMessage& message, RingMap& ring);
  void stop_intake();
  [[nodiscard]] WriterThread* find_writer(const std::string& sink_name);
  [[nodiscard]] bool wait_attached();

  RouterConfig config_;
  RouterState state_;
  EventQueue& events_;
  base::Diag& diag_;
  HangWatch watch_;
  std::atomic<bool> tell_idle_{true};  // while the main thread waits for sinks
  DeadLetters dead_letters_;
  BackgroundThread background_{GraphLimits::kBackgroundNiceness};
  std::unique_ptr<Intake> intake_;
  std::map<std::uint32_t, Service> services_;
  std::map<std::string, std::unique_ptr<SinkQueue>> queues_;  // by sink; complete after open()
  std::vector<std::unique_ptr<WriterThread>> writers_;
  std::thread intake_thread_;
  bool started_ = false;
  bool last_was_killed_ = false;
};

}  // namespace logging
