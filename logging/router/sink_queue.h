// The queues of one file or console sink, one for each service that it takes: what stands between
// the service's ring and a sink that may be slow or stuck, where when_full drops lines.
//
// A queue is a ring in the runtime directory (or in memory, where that cannot be written), as large
// as the service's own, so it outlives the router. A thread of its own fills the queues
// (queue_feeder.h), so that a sink stuck in a write delays nobody. A queue that a former
// configuration has left with lines in it is emptied in the same way, with nothing dropped.
//
// Threads: run() is the queue's thread; add_input(), start() and stop() the main thread's, notify()
// any's. Owner: the graph. The writer thread's consumers live here, so it goes first, after stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/diag.h"
#include "logging/inputs/intake.h"
#include "logging/router/hang_watch.h"
#include "logging/router/queue_feeder.h"
#include "logging/router/waker.h"
#include "logging/sink_config.h"

namespace logging {

class SinkQueue {
 public:
  struct Options {
    const SinkConfig& config;
    std::string directory;  // of queues, below the runtime directory
    base::Diag& diag;
    BusyStamp& busy;
    Waker& writer;                  // the sink's thread
    std::function<void()> on_idle;  // called on the queue's thread when it has settled something
  };
  explicit SinkQueue(Options options) : options_(std::move(options)) {}
  ~SinkQueue() { stop(); }
  SinkQueue(const SinkQueue&) = delete;
  SinkQueue& operator=(const SinkQueue&) = delete;

  /// The policy wants one, or lines of an earlier configuration wait in one.
  [[nodiscard]] bool is_wanted(std::uint64_t source_ring_id) const;

  struct Input {
    std::string service;
    Severity stderr_severity = Severity::kError;
    std::unique_ptr<RingConsumer> source;  // in the service's ring
    std::uint64_t capacity = 0;            // of that ring
  };
  struct Outlet {
    RingFeed& feed;  // the queue's ring
    std::unique_ptr<RingConsumer> consumer;
  };
  /// What the sink's thread consumes instead. The feed lives as long as this object.
  [[nodiscard]] base::Result<Outlet> add_input(Input input);

  void start();  // does nothing when it runs, or has no inputs
  void stop();
  void notify() { waker_.notify(); }
  [[nodiscard]] Waker& waker() { return waker_; }

  /// Names of the files in use.
  [[nodiscard]] const std::set<std::string>& files() const { return files_; }

 private:
  struct Queue {
    std::unique_ptr<RingConsumer> source;
    std::unique_ptr<RingFeed> feed;
    std::unique_ptr<QueueFeeder> feeder;
    bool told = false;  // its error
  };

  [[nodiscard]] std::string file_name(std::uint64_t source_ring_id) const;
  [[nodiscard]] base::Result<base::Fd> open_file(const Input& input);
  [[nodiscard]] base::Result<base::Fd> make_file(const Input& input, const std::string& path) const;
  void run();
  void take_new_queues();
  [[nodiscard]] bool step(Queue& queue, std::uint64_t now_ns);

  Options options_;
  Waker waker_;
  std::vector<std::unique_ptr<Queue>> queues_;  // the thread's
  std::set<std::string> files_;                 // the main thread's
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Queue>> new_queues_;
  std::thread thread_;
};

/// Deletes the files in `directory` that no queue uses: their rings or sinks are gone.
void remove_stale_queues(const std::string& directory, const std::set<std::string>& in_use);

}  // namespace logging
