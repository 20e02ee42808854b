// PID 1's end of the handoff: starts the router, hands it everything that outlives it, and starts
// it again when it dies.
//
//     down ──start──▶ launching ──▶ handing over ──Go──▶ recovering ──Ready──▶ running
//      ▲                                                                         │
//      └───────────── it died (at once, then 10 ms doubling to 1 s) ◀────────────┘
//
// A change of the configuration (change()) is a planned death: the router is asked to retire, upon
// which it delivers what it has and ends, and the next one is handed the new configuration.
//
// Everything is handed over anew after each death, in the order of handoff_messages.h: at most
// HandoffLimits::kUnacknowledgedMax services without their Ack, and what happens meanwhile (a
// service starts: new pipes) waits in a queue behind Go. Services never notice: they write to their
// pipes, whose read ends stay in ServiceLogs. Threads: PID 1's only. Owner: Init.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"
#include "base/unix_socket.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/handoff/router_state_file.h"
#include "logging/sink_config.h"
#include "supervisor/launcher.h"
#include "supervisor/machine/exit_status.h"
#include "supervisor/router_link/ring_files.h"
#include "supervisor/router_link/service_logs.h"

namespace supervisor {

class RouterLink {
 public:
  /// What the link needs from its owner. Calls come from the loop.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_router_ready() = 0;
    virtual void on_router_drained(bool complete) = 0;
    /// What await_line() asked for is there; once.
    virtual void on_line_seen(const ServiceLogs& logs) = 0;
    /// It could not be started several times in a row; the link goes on trying.
    virtual void on_router_failing(const std::string& reason) = 0;
  };

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    Launcher& launcher;
    Owner& owner;
    RingFiles& ring_files;
    std::string runtime_directory;
    std::vector<std::string> environment;  // the router's
    base::Fd router_binary;  // opened at boot, so that a changed image cannot break a restart
  };

  /// Makes the state memory, the staging pipe and the encoded configuration.
  [[nodiscard]] static base::Result<std::unique_ptr<RouterLink>> open(
      Parts parts, const logging::RouterConfig& config);
  /// From before a live upgrade; `fds` has what `kept` names.
  [[nodiscard]] static base::Result<std::unique_ptr<RouterLink>> restore(
      Parts parts, const logging::RouterConfig& config, const KeptRouter& kept, ArrivingFds& fds);
  ~RouterLink();
  RouterLink(const RouterLink&) = delete;
  RouterLink& operator=(const RouterLink&) = delete;

  /// Before start(), or while running (a new service; the logs of a removed one of that name are
  /// taken up again). The pointer lives as long as the service is not removed.
  [[nodiscard]] base::Result<ServiceLogs*> add_service(ServiceLogs::Identity identity,
                                                       std::uint64_t ring_capacity);
  /// The same with a ring that is a file.
  [[nodiscard]] base::Result<ServiceLogs*> add_service(ServiceLogs::Identity identity,
                                                       RingFile ring);
  /// No service writes to these logs any more. They go with a later change(), when all of their
  /// lines are delivered; a ring's file as soon as they are.
  void remove_service(ServiceLogs& logs);
  [[nodiscard]] bool has_removed(const std::string& service) const;

  [[nodiscard]] std::uint64_t new_ring_id() { return next_ring_id_++; }
  /// Before start(): where sinks keep their file records, instead of in this boot's memory.
  void set_file_records(base::Fd records) { file_records_ = std::move(records); }

  using SinksOf = std::function<std::vector<std::string>(const ServiceLogs& logs)>;
  /// Another configuration, other sinks of services. These go on meanwhile, and lose no line. What
  /// a sink does not get because it is gone counts as dropped: removed. Where nothing is different,
  /// nothing happens.
  [[nodiscard]] base::Result<void> change(const logging::RouterConfig& config,
                                          const SinksOf& sinks_of);
  /// The sinks that get what others are refused for good: each has a ring of its own for it, which
  /// nothing else takes. Before start() or change().
  [[nodiscard]] base::Result<void> set_dead_letters(const std::vector<std::string>& sinks,
                                                    std::uint64_t ring_capacity);
  /// `write_fd` is the write end of birl's own message pipe, given to the router for its messages.
  void set_message_fd(int write_fd) { message_fd_ = write_fd; }

  void start();

  // A live upgrade (router_keep.cpp).
  [[nodiscard]] KeptRouter take_state() const;
  /// A router is being replaced.
  [[nodiscard]] bool changing() const { return changing_; }
  /// Asks the router to end and deliver nothing more: what is in rings and pipes is the next one's.
  void leave();
  /// Instead of start(), of a link that was restored: the next router starts when the former one
  /// has ended.
  void follow_former();
  /// True when `pid` was the router.
  [[nodiscard]] bool on_child_exited(pid_t pid, const ExitStatus& exit);

  /// New pipes of a running service, to be handed over as soon as possible.
  void announce_pipes(ServiceLogs& logs, std::uint16_t incarnation);

  /// Has a line looked for that the run whose pipes are `incarnation` writes, by this router or any
  /// after it, until it is seen or forgotten.
  void await_line(ServiceLogs& logs, std::uint16_t incarnation, std::vector<std::string> regexes);
  static void forget_line(ServiceLogs& logs) { logs.set_awaited(std::nullopt); }

  void reopen();
  void rotate(const std::string& sink);
  /// Has the router copy what the sink writes into `pipe`. kUnavailable: there is no router just
  /// now.
  [[nodiscard]] base::Result<void> tap(const std::string& sink, const base::Fd& pipe);
  /// Has the router do something with the sink's spool and say what into `pipe`. kUnavailable: as
  /// above.
  [[nodiscard]] base::Result<void> manage_spool(const std::string& sink,
                                                logging::SpoolAction action, const base::Fd& pipe);
  /// Asks the router to deliver everything by the deadline; owner.on_router_drained() follows
  /// unless there is no router by then.
  void drain(std::uint64_t deadline_monotonic_ns);

  /// What rings and consumers that are gone have seen, by sink id; part of the ledger.
  struct Retired {
    std::uint64_t received = 0;
    std::uint64_t delivered = 0;
    logging::DropCounts dropped{};
  };
  [[nodiscard]] const std::map<std::uint32_t, Retired>& retired() const { return retired_; }

  using Services = std::vector<std::unique_ptr<ServiceLogs>>;  // in the order of their ids
  [[nodiscard]] const Services& services() const { return services_; }
  [[nodiscard]] const logging::RouterStateView& state() const { return *state_view_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint32_t restarts() const { return restarts_; }
  /// It runs, with the newest configuration.
  [[nodiscard]] bool ready() const { return ready_ && !changing_; }

 private:
  struct Outgoing {
    std::vector<std::byte> bytes;
    std::vector<int> fds;  // borrowed from members of this object
  };

  explicit RouterLink(Parts parts);
  [[nodiscard]] base::Result<void> make_shared_objects();
  [[nodiscard]] base::Result<void> restore_shared_objects(const KeptRouter& kept, ArrivingFds& fds);
  [[nodiscard]] base::Result<void> restore_services(const KeptRouter& kept, ArrivingFds& fds);
  void restore_counts(const KeptRouter& kept);
  [[nodiscard]] base::Result<void> encode_config(const logging::RouterConfig& config);
  void launch();
  void on_launched(const SpawnOutcome& outcome);
  void begin_handing_over();
  void take_down();
  void kill_router() const;
  void schedule_restart();

  void pump();  // sends as much as window and socket allow
  [[nodiscard]] bool next_to_send(Outgoing& out);
  [[nodiscard]] bool send(const Outgoing& out);
  void on_socket(int events);
  void on_message(const base::Message& message);
  void on_ack(const logging::AckMessage& ack);
  void on_line_seen(const logging::LineSeenMessage& seen);
  void send_awaited(const ServiceLogs& logs);
  void on_pipe_ended(const logging::PipeEndedMessage& ended);
  void close_oldest_pipes(ServiceLogs& logs);
  void replace_damaged_ring(ServiceLogs& logs, const std::string& why);
  [[nodiscard]] base::Result<void> replace_ring(ServiceLogs& logs);
  void look_at_leftovers();

  // Change (router_change.cpp).
  void end_for_change(std::uint64_t delivers_for_ns);
  void settle_change();
  void retire_consumers(const ServiceLogs& logs);
  void retire(const logging::RingView::ConsumerState& consumer, logging::DropReason reason);
  [[nodiscard]] Outgoing dead_letters_outgoing();
  [[nodiscard]] Outgoing service_outgoing(const ServiceLogs& logs) const;
  [[nodiscard]] ServiceLogs* find_service(std::uint32_t service_id);
  template <typename M>
  void enqueue(const M& message, std::vector<int> fds = {}) {
    queue_.push_back({.bytes = logging::encode_message(message), .fds = std::move(fds)});
  }

  Parts parts_;
  base::Fd state_;
  std::optional<logging::RouterStateView> state_view_;
  base::Fd file_records_;          // invalid: they are part of state_
  std::vector<std::byte> config_;  // encoded
  base::Fd config_memory_;         // the same
  base::Pipe staging_;
  int message_fd_ = -1;
  struct DeadLetterPipe {
    std::string sink;
    ServiceLogs* logs = nullptr;
    base::Fd write;
    bool had_writer = false;  // a router has had it
  };
  std::vector<DeadLetterPipe> dead_letters_;
  Services services_;
  std::uint32_t next_service_id_ = 0;
  /// Spools outlive a boot and name rings, so no boot may use the id of another.
  std::uint64_t next_ring_id_ = base::realtime_ns();
  std::map<std::uint32_t, Retired> retired_;
  /// {ring, sink}: retired, though the consumer is still in its ring. The next router takes it out.
  std::set<std::pair<std::uint64_t, std::uint32_t>> retired_in_rings_;

  pid_t pid_ = 0;
  bool ready_ = false;
  std::uint32_t restarts_ = 0;
  bool last_was_killed_ = false;
  std::uint32_t failures_in_a_row_ = 0;
  std::uint64_t ready_since_ns_ = 0;
  std::optional<std::uint64_t> drain_deadline_ns_;
  bool changing_ = false;     // the router is to end, for another one to start
  base::Timer change_timer_;  // then it is killed

  base::Fd socket_;
  std::optional<base::Poll> socket_poll_;
  base::Timer retry_timer_;  // sending, when the kernel's count of descriptors in flight is used up
  base::Timer restart_timer_;
  base::Timer leftover_timer_;  // while removed services have rings that are files
  bool hello_sent_ = false;
  bool go_sent_ = false;
  std::size_t services_sent_ = 0;
  std::size_t dead_letters_sent_ = 0;
  std::size_t unacknowledged_ = 0;
  std::deque<std::uint32_t> resend_;  // services whose ring was replaced
  std::deque<Outgoing> queue_;        // behind Go
};

}  // namespace supervisor
