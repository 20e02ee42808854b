// How PID 1 hears that services are ready and well: their notification descriptors and sockets, and
// the checks that the fleet asks for. A command that checks runs in its service's surroundings,
// which ServiceStarter prepares; a probe is birl's own and needs none.
//
// What a service says counts only while it starts or runs, and only from its own processes: the
// main one, a member of its session or group, or a descendant. A sender that is gone already (a
// shell's short helper) is known by its user alone, which could do worse to the service than talk
// for it. MAINPID= makes another of its processes the main one: a descendant, or what a fork has
// left to birl. The kernel tells birl how a child has ended; of one that has another parent it only
// tells that (by pidfd), and that counts as a failure. Everything that is read is bounded, and what
// is not understood is passed over. Threads: the loop's. Owner: ServiceEffects; borrows everything
// in Parts for its whole life.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "supervisor/check_runner.h"
#include "supervisor/config/config.h"
#include "supervisor/fd_store.h"
#include "supervisor/machine/fleet_machine.h"
#include "supervisor/notify_socket.h"
#include "supervisor/process/notification.h"
#include "supervisor/service_starter.h"
#include "supervisor/sweeper.h"

namespace supervisor {

class ServiceWatch {
 public:
  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    Launcher& launcher;
    ServiceStarter& starter;
    Sweeper& sweeper;
    FdStore& fds;
    const ServiceSlots& services;
    std::string directory;                // for sockets
    std::function<bool(pid_t)> is_known;  // birl started it, or it is a service's main process
    int self_binary = -1;                 // birl, for `birl probe`; -1: there is none
  };

  explicit ServiceWatch(Parts parts);
  ~ServiceWatch();
  ServiceWatch(const ServiceWatch&) = delete;
  ServiceWatch& operator=(const ServiceWatch&) = delete;

  /// Slots were added: before the fleet knows of them.
  void grow();
  void bind(FleetMachine& fleet) { fleet_ = &fleet; }

  /// Puts what the service needs for telling into its start. The returned descriptor, if it is
  /// valid, may be closed once the start is under way.
  [[nodiscard]] base::Result<base::Fd> prepare(ServiceId service, SpawnRequest& request);
  /// It runs as `pid`, though that is not confirmed yet: it may tell before.
  void on_spawning(ServiceId service, pid_t pid);
  void on_state_changed(ServiceId service, ServiceState state);
  /// `pid` was reaped: what its service said before is heard before its end is.
  void read_pending(pid_t pid);
  /// Main processes that services have told of.
  [[nodiscard]] std::vector<pid_t> told_main_pids() const;

  void start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number);
  void abandon_check(ServiceId service);
  void start_check_timer(ServiceId service, std::uint64_t delay_ms, std::uint64_t number);
  void cancel_check_timer(ServiceId service);
  bool on_child_exited(pid_t pid, const ExitStatus& exit) {
    return runner_.on_child_exited(pid, exit);
  }

  /// What the service sends may be read again: its descriptors are closed.
  void on_fds_closed(ServiceId service);
  // For a live upgrade, while no start is under way (service_watch_keep.cpp).
  [[nodiscard]] KeptWatch take_state(ServiceId service) const;
  [[nodiscard]] base::Result<void> restore(ServiceId service, const KeptWatch& kept,
                                           ArrivingFds& fds);
  [[nodiscard]] CheckRunner& checks() { return runner_; }
  [[nodiscard]] const CheckRunner& checks() const { return runner_; }

  /// What the service said of itself last (STATUS=); empty: nothing.
  [[nodiscard]] const std::string& status_text(ServiceId service) const;

 private:
  struct Watched;

  [[nodiscard]] const ServiceConfig& config(ServiceId service) const {
    return *parts_.services[service].config;
  }
  [[nodiscard]] base::Result<SpawnRequest> make_probe(ServiceId service, CheckPurpose purpose,
                                                      std::vector<std::string> words) const;
  void run_check(ServiceId service, std::uint64_t number, base::Result<SpawnRequest> request);
  [[nodiscard]] base::Result<void> open_notify_socket(ServiceId service);
  [[nodiscard]] base::Result<base::Fd> open_ready_pipe(ServiceId service);
  void on_ready_pipe(ServiceId service);
  void drop_notify_socket(ServiceId service);
  void on_datagram(ServiceId service, Datagram datagram);
  void on_notification(ServiceId service, const Notification& told);
  void follow_fds(ServiceId service, const Notification& told, std::vector<base::Fd> fds);
  void adopt(ServiceId service, pid_t pid);
  [[nodiscard]] std::string refuse_main_pid(ServiceId service, pid_t pid) const;
  [[nodiscard]] base::Result<void> watch_main(ServiceId service, pid_t pid);
  void on_main_gone(ServiceId service);
  [[nodiscard]] bool is_of_service(ServiceId service, const Sender& sender) const;

  Parts parts_;
  FleetMachine* fleet_ = nullptr;
  CheckRunner runner_;
  std::vector<std::unique_ptr<Watched>> watched_;  // by ServiceId
};

struct ServiceWatch::Watched {
  Watched(base::Loop& loop, std::function<void()> expired) : timer(loop, std::move(expired)) {}

  std::unique_ptr<NotifySocket> socket;
  base::Fd ready_read_end;
  std::optional<base::Poll> ready_poll;
  ServiceStarter::StartId preparing = 0;  // a check's
  base::Timer timer;
  std::uint64_t timer_number = 0;
  pid_t first_pid = 0;  // what was started, of the newest incarnation
  pid_t main_pid = 0;   // the same, or what it told of
  base::Fd main_fd;     // then, where the kernel has them: its pidfd
  std::optional<base::Poll> main_poll;
  uid_t uid = 0;
  std::string status;
};

}  // namespace supervisor
