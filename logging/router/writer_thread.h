// One sink on a thread of its own: takes what its inputs have, round robin, and sleeps otherwise.
//
//   - Before the first consume() of any input all inputs are attached, so that what a dead router
//     left half written is complete before something new goes behind it.
//   - A sink that asks for a retry is left alone until then; new frames of that input wait.
//   - block_limit: while the target of a gating sink has failed for longer than that and a ring is
//     full, that ring's oldest frames are dropped, counted, until there is room.
//   - Poison: {ring, frame} is noted before the sink takes a frame. Three routers that died on the
//     same note, and were not killed from outside, make the frame poisoned: raw sinks are told,
//     parsing ones do not get it.
//
// Threads: run() is the writer's own thread; add_input() before start() or at any later time;
// the other public functions from any. Owner: the router.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "logging/inputs/intake.h"
#include "logging/router/hang_watch.h"
#include "logging/router/waker.h"
#include "logging/sink.h"

namespace logging {

struct WriterLimits {
  static constexpr std::uint32_t kDeathsUntilPoison = 3;
  static constexpr std::uint64_t kAttachRetryNs = 1'000'000'000;
  static constexpr std::uint64_t kNoteNs = 250'000'000;     // while there is always something to do
  static constexpr std::uint64_t kMarkNs = 10'000'000'000;  // between two marks of a rate
};

class WriterThread {
 public:
  struct Options {
    const SinkConfig& config;
    SinkState& state;
    bool last_was_killed = false;  // as in HelloMessage
    BusyStamp& busy;
    /// Called on this thread when inputs have been attached and whenever there is nothing to do.
    std::function<void()> on_idle;
  };
  explicit WriterThread(const Options& options);
  ~WriterThread();  // stops and joins

  [[nodiscard]] SinkReport& report() { return report_; }
  [[nodiscard]] Waker& waker() { return waker_; }
  [[nodiscard]] const std::string& sink_name() const { return options_.config.name; }

  /// Before start(). The sink borrows report().
  void set_sink(std::unique_ptr<Sink> sink) { sink_ = std::move(sink); }
  [[nodiscard]] bool has_sink() const { return sink_ != nullptr; }

  void add_input(std::string service, RingFeed& feed, std::unique_ptr<RingConsumer> consumer);
  void start();
  void reopen();
  void rotate();
  void end_input();
  void tap(base::Fd pipe);
  void manage_spool(SpoolAction action, base::Fd reply);

  /// No input waits for its attach().
  [[nodiscard]] bool is_attached() const { return unattached_.load() == 0; }

 private:
  struct Input {
    SinkInput view;
    std::unique_ptr<RingConsumer> consumer;
    RingFeed* feed = nullptr;
    bool attached = false;
    std::uint64_t not_before_ns = 0;  // of the next attach() or consume()
    std::uint64_t look_again_ns = 0;  // lines are held until then
    /// Since when its target fails; 0: it works. A sink has many targets, and one that fails must
    /// cost the lines of nobody else.
    std::uint64_t failing_since_ns = 0;
  };
  enum class Request { kReopen, kRotate, kEndInput };

  void run();
  void request(Request request);
  void take_requests();
  void attach_inputs(std::uint64_t now_ns);
  [[nodiscard]] bool step(Input& input, std::uint64_t now_ns);
  static void note_failing(Input& input, std::uint64_t now_ns);
  void note_frame(Input& input);
  void drop_poisoned(Input& input);
  void watch_failures(std::uint64_t now_ns);
  void drop_oldest(Input& input);
  void note_progress(std::uint64_t now_ns);
  [[nodiscard]] std::uint64_t next_due_ns(std::uint64_t now_ns) const;

  Options options_;
  SinkReport report_;
  Waker waker_;
  std::unique_ptr<Sink> sink_;  // behind what its own threads use
  std::vector<std::unique_ptr<Input>> inputs_;
  DeliveryMarks marks_;
  std::uint64_t noted_ns_ = 0;     // when note_progress() last looked
  std::uint64_t tend_due_ns_ = 0;  // 0: no time is set
  PoisonNote suspect_;             // what the last router was at when it died
  std::atomic<int> unattached_{0};
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;
  std::vector<std::unique_ptr<Input>> new_inputs_;
  std::vector<Request> requests_;
  std::vector<base::Fd> new_taps_;
  std::vector<std::pair<SpoolAction, base::Fd>> spool_requests_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace logging
