// The intake thread: service pipes into rings. It never waits for an output.
//
//   - A pipe is polled (quiet), read on a timer (read_pacing.h), or waits for room in its ring.
//   - Reads go through the staging pipe (staging.h), so that the router's death loses nothing.
//   - Several pipes ready at once take turns of at most kTurnBytes.
//   - A full ring stops its own pipes only; a gating consumer's commit wakes them at a quarter
//     free, and the time is counted in the ring.
//   - At a pipe's end its unfinished line is closed and committed before PipeEnded is told; a line
//     whose pipe went with an earlier life of the container (a ring that is a file) at the start.
//
// Threads: run() is the intake thread; the other public functions may be called from any.
// Owner: the router. A RingFeed outlives the intake.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/result.h"
#include "logging/handoff/ring_consumer.h"
#include "logging/handoff/ring_writer.h"
#include "logging/inputs/event_poll.h"
#include "logging/inputs/line_watch.h"
#include "logging/inputs/service_pipe.h"
#include "logging/inputs/staging.h"
#include "logging/router/hang_watch.h"
#include "logging/router/waker.h"

namespace logging {

/// A ring that the intake fills: made when its consumers are claimed, before it is added.
struct RingFeed {
  RingFeed(std::uint32_t id, RingMap ring_map, int room_fd)
      : service_id(id), ring(std::move(ring_map)), room(room_fd) {}

  std::uint32_t service_id;
  RingMap ring;
  RoomSignal room;
  std::vector<Waker*> wakers;  // the threads of its sinks
};

struct IntakeEvent {
  enum class Kind { kPipeEnded, kDrained, kLineSeen };
  Kind kind = Kind::kPipeEnded;
  std::uint32_t service_id = 0;
  std::uint32_t slot = 0;         // kPipeEnded
  std::uint16_t incarnation = 0;  // kLineSeen
};

struct IntakeLimits {
  static constexpr std::size_t kTurnBytes = 128 * 1024;
  static constexpr int kReadsPerVisit = 4;
  static constexpr int kVisitsOfOlderMax = 64;
};

class Intake {
 public:
  struct Options {
    IntakeState& state;
    std::uint64_t pipe_memory_bytes = 0;
    base::Diag& diag;
    BusyStamp& busy;
    std::function<void(const IntakeEvent&)> on_event;  // called on the intake thread
  };
  Intake(const Options& options, base::Pipe staging);
  ~Intake();

  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] int room_fd() const { return room_event_.get(); }

  void add_ring(RingFeed& feed);
  void add_pipe(std::uint32_t service_id, const PipeInfo& info, base::Fd fd);
  void close_pipe(std::uint32_t service_id, std::uint32_t slot);
  /// Tells kLineSeen once, also of a line that is there already.
  void await_line(std::uint32_t service_id, LineWatch watch);
  void drain();  // read everything that is there now, then tell kDrained
  void stop();

  /// Completes an interrupted read, then reads until stop(). What was added before is there.
  void run();

 private:
  struct Feed {
    RingFeed* feed;
    RingWriter writer;
    std::optional<LineWatch> watch{};
  };
  enum class PipeMode { kNew, kQuiet, kTimed, kFull };
  struct Input {
    Input(Feed& owner, base::Fd fd, const PipeInfo& info, PipeBudget& budget)
        : feed(owner), pipe(std::move(fd), info, budget) {}
    Feed& feed;
    ServicePipe pipe;
    PipeMode mode = PipeMode::kNew;
    std::uint64_t full_since_ns = 0;
    bool no_splice = false;
    bool closing = false;   // PID 1 asked: read what is there and end
    bool at_end = false;    // end of file seen; its last line may still need room
    bool draining = false;  // not yet seen empty since drain()
    bool gone = false;      // removed at the end of the round
  };
  struct AddRing {
    RingFeed* feed;
  };
  struct AddPipe {
    std::uint32_t service_id;
    PipeInfo info;
    base::Fd fd;
  };
  struct ClosePipe {
    std::uint32_t service_id;
    std::uint32_t slot;
  };
  struct AwaitLine {
    std::uint32_t service_id;
    LineWatch watch;
  };
  struct Drain {};
  struct Stop {};
  using Command = std::variant<AddRing, AddPipe, ClosePipe, AwaitLine, Drain, Stop>;

  void post(Command command);
  void apply_commands();
  void apply(AddRing& command);
  void apply(AddPipe& command);
  void apply(ClosePipe& command);
  void apply(AwaitLine& command);
  void apply(Drain& command);
  void apply(Stop& command);

  void recover();
  void close_abandoned();
  void read_older(const Feed& feed, std::uint16_t incarnation);
  void wait_for_events();
  [[nodiscard]] std::uint64_t next_due_ns() const;
  void read_due_pipes(std::uint64_t now_ns);
  void visit(Input& input, std::uint64_t now_ns, bool alone);
  [[nodiscard]] ReadResult read_once(Input& input, std::size_t limit);
  void on_empty(Input& input, std::uint64_t now_ns);
  void on_full(Input& input, std::uint64_t now_ns);
  void on_end(Input& input, std::uint64_t now_ns);
  void arm(Input& input);
  void read_on_timer(Input& input);
  void read_soon(Input& input);
  void close_stale(Input& input);
  void resume_full_pipes(std::uint64_t now_ns);
  void finish_round();
  void on_committed(Feed& feed);
  void look_for_line(Feed& feed);
  [[nodiscard]] Feed* find_feed(std::uint32_t service_id);

  Options options_;
  Staging staging_;
  PipeBudget budget_;
  EventPoll poll_;
  base::Fd command_event_;
  base::Fd room_event_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::unique_ptr<Input>> inputs_;
  std::vector<Input*> timed_;
  std::vector<Input*> full_;
  bool look_at_full_ = false;
  bool any_gone_ = false;
  bool any_abandoned_ = false;  // lines without a pipe, for whose end there was no room
  bool recovered_ = false;
  bool draining_ = false;
  bool stopping_ = false;

  std::mutex commands_mutex_;
  std::vector<Command> commands_;
};

}  // namespace logging
