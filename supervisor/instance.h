// One running birl: everything of PID 1 that needs the loop, put together.
//
//     loading ──configuration read──▶ running ──all scripts, services gone──▶ draining ──▶ ended
//        └────── a stop, a wrong configuration ────────────────────────────────────▲
//
// Signals and the reaper work from the first moment on, so that a stop is heard while a
// configuration is being read from a file system that hangs. In `running` the fleet decides;
// Instance only carries events to it: signals, exits, requests. In `draining` the router delivers
// what the services said last, within what is left of shutdown_timeout. Threads: the only one.
// Owner: run_init().
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"
#include "supervisor/config/config.h"
#include "supervisor/config_child.h"
#include "supervisor/config_reload.h"
#include "supervisor/control/control_server.h"
#include "supervisor/control/event_log.h"
#include "supervisor/control_adapter.h"
#include "supervisor/fd_store.h"
#include "supervisor/helpers.h"
#include "supervisor/init.h"
#include "supervisor/launcher.h"
#include "supervisor/listen_sockets.h"
#include "supervisor/live_upgrade.h"
#include "supervisor/machine/fleet_machine.h"
#include "supervisor/path_watch.h"
#include "supervisor/process/signals.h"
#include "supervisor/router_link/router_link.h"
#include "supervisor/service_cgroups.h"
#include "supervisor/service_effects.h"
#include "supervisor/service_starter.h"
#include "supervisor/service_watch.h"
#include "supervisor/stage_runner.h"
#include "supervisor/sweeper.h"

namespace supervisor {

class Instance final : private ServiceEffects::Owner, private RouterLink::Owner {
 public:
  struct Parts {
    RunOptions options;
    std::vector<std::string> environment;  // as birl got it
    SignalSource signals;
    base::Fd router_binary;
    base::Fd config_reader;
    base::Fd self_binary;              // birl; not valid where /proc is not mounted
    std::optional<rlimit> open_files;  // the original limit
    base::Diag& diag;
  };

  explicit Instance(Parts parts);
  ~Instance() override;

  /// Until the end; returns the exit code.
  [[nodiscard]] int run();
  /// Instead, after a live upgrade (instance_upgrade.cpp): goes on where the former birl was.
  /// `fds` came with it; what of them has no place any more is closed.
  [[nodiscard]] base::Result<void> take_over(UpgradeState state, ArrivingFds fds);
  [[nodiscard]] int run_loop();

 private:
  void on_signals();
  void on_signal(const ReceivedSignal& received);
  void apply(const SignalRule& rule, int signal);
  void reap();
  void on_child(const ReapedChild& child);

  [[nodiscard]] base::Result<void> begin_loading();
  void on_loaded(const ReapedChild& child);
  [[nodiscard]] base::Result<void> begin_running(Config config);
  [[nodiscard]] base::Result<void> choose_runtime_directory();
  [[nodiscard]] base::Result<void> open_router();
  [[nodiscard]] base::Result<void> open_fleet();
  [[nodiscard]] base::Result<void> open_effects();
  [[nodiscard]] base::Result<void> watch_signals();
  [[nodiscard]] base::Result<void> open_control();
  [[nodiscard]] base::Result<void> open_server(base::Fd listener);
  void open_adapter();
  [[nodiscard]] mode_t socket_mode() const;
  [[nodiscard]] base::Result<ControlAccess> control_access(const ControlConfig& config) const;
  void open_to_others(const ControlAccess& access);
  void choose_stdio(ServiceSlot& slot);
  [[nodiscard]] base::Result<ServiceLogs*> open_logs(const ServiceConfig& config);
  [[nodiscard]] base::Result<ServiceSlot> open_service(const ServiceConfig& config);
  void open_watch();
  [[nodiscard]] bool is_known_child(pid_t pid) const;
  [[nodiscard]] static ServiceRules service_rules(const ServiceConfig& config);
  [[nodiscard]] FleetRules fleet_rules() const;
  [[nodiscard]] std::array<std::string, kStageNames.size()> stage_directories() const;
  [[nodiscard]] std::uint64_t capacity_of(const ServiceConfig& config) const;
  [[nodiscard]] base::Result<void> open_ring_files(const std::vector<std::string>& names);
  [[nodiscard]] base::Result<void> take_ring(RingFile ring);
  void set_lowest_level();
  void open_reload();
  [[nodiscard]] base::Result<void> set_up_last_resort() const;
  [[nodiscard]] std::string socket_path() const;
  [[nodiscard]] std::string environment_directory() const;

  // Live upgrade (instance_upgrade.cpp).
  void open_upgrade();
  [[nodiscard]] std::string find_upgrade_obstacle() const;
  [[nodiscard]] std::string find_busy() const;
  [[nodiscard]] UpgradeState take_state() const;
  [[nodiscard]] KeptSlot take_slot_state(ServiceId id) const;
  void leave();
  [[nodiscard]] base::Result<void> restore_basics(const UpgradeState& state, ArrivingFds& fds);
  [[nodiscard]] base::Result<void> restore_slots(const UpgradeState& state, ArrivingFds& fds);
  [[nodiscard]] base::Result<void> restore_services(const UpgradeState& state, ArrivingFds& fds);
  [[nodiscard]] base::Result<void> restore_fleet(const UpgradeState& state);
  [[nodiscard]] base::Result<void> answer_upgraders(const UpgradeState& state, ArrivingFds& fds);

  // Reload (instance_reload.cpp).
  void begin_reload();
  void on_reload_ended();
  void on_paths_changed(ServiceId service);
  void follow_watch(ServiceId service);
  [[nodiscard]] base::Result<ConfigDiff> apply(Config config);
  [[nodiscard]] base::Result<void> scale(const std::string& service, std::uint32_t count);
  void keep_scale(Config& config);
  [[nodiscard]] base::Result<void> open_sockets(const Config& before);
  [[nodiscard]] base::Result<void> make_logs(const ConfigDiff& diff,
                                             std::vector<ServiceSlot>& added);
  [[nodiscard]] FleetChange change_slots(const ConfigDiff& diff, std::vector<ServiceSlot> added);
  [[nodiscard]] FleetChange::Service take_slot(ServiceSlot slot, const FleetChange& change);
  void forget_logs(const std::string& name);
  [[nodiscard]] std::vector<std::string> sinks_of_logs(const ServiceLogs& logs) const;

  // Events (instance_events.cpp).
  void tell(const Event& event);
  void tell_state(const ServiceMachine& machine, const StateChange& change);
  void tell_exit(const ReapedChild& child);
  void tell_router_ended(const ReapedChild& child);
  void tell_config_reload();
  void on_service_reloaded(ServiceId service);

  void on_state_changed(ServiceId service, const StateChange& change) override;
  void on_config_taken(ServiceId service) override { choose_stdio(services_[service]); }
  void on_unhealthy(ServiceId service, std::string_view reason) override;
  void on_run_not_made(ServiceId service, std::string_view why) override;
  void on_hook_failed(ServiceId service, const std::string& what) override;
  void on_shutdown_began(std::string_view reason) override;
  void on_all_stopped(int exit_code, std::size_t left_behind) override;
  void on_router_ready() override;
  void on_router_drained(bool complete) override;
  void on_line_seen(const ServiceLogs& logs) override;
  void on_router_failing(const std::string& reason) override;
  void tell_slow_stops() const;
  void end(int exit_code);

  Parts parts_;
  base::Loop loop_;
  Launcher launcher_;
  Helpers helpers_;
  base::Timer reap_again_;
  base::Timer drain_timer_;
  std::optional<base::Poll> signal_poll_;
  std::optional<ConfigChild> config_child_;

  Config config_;
  SignalTable signal_table_;
  std::string runtime_directory_;
  base::Fd runtime_lock_;
  RingFiles ring_files_{parts_.diag, helpers_};
  std::map<std::string, RingFile> waiting_rings_;  // of services that are about to be opened
  std::uint64_t booted_ns_ = 0;
  std::uint64_t shutdown_began_ns_ = 0;
  std::string end_reason_;
  std::unique_ptr<RouterLink> router_;
  base::Fd message_pipe_;  // birl's own messages, read by the router
  ListenSockets sockets_;
  ServiceSlots services_;
  std::unique_ptr<ServiceStarter> starter_;
  std::unique_ptr<HookRunner> hooks_;
  std::unique_ptr<StageRunner> stages_;
  ServiceCgroups cgroups_;
  std::unique_ptr<Sweeper> sweeper_;
  std::unique_ptr<FdStore> fds_;
  std::unique_ptr<ServiceWatch> watch_;
  std::unique_ptr<ServiceEffects> effects_;
  std::unique_ptr<FleetMachine> fleet_;
  std::unique_ptr<ServiceReload> reload_;
  std::unique_ptr<ConfigReload> config_reload_;
  std::unique_ptr<PathWatch> path_watch_;
  std::unique_ptr<LiveUpgrade> upgrade_;
  /// What `birl scale` asked for, until the configuration has another number than it had then.
  struct Scaled {
    std::uint32_t configured = 0;
    std::uint32_t count = 0;
  };
  std::map<std::string, Scaled> scaled_;
  bool reload_again_ = false;  // a signal came while a reload was under way
  EventLog events_;
  std::unique_ptr<ControlAdapter> adapter_;
  int control_listener_ = -1;  // control_'s
  std::unique_ptr<ControlServer> control_;
  TerminalMode terminal_ = TerminalMode::kNone;  // how a service got birl's own
  bool draining_ = false;
  int exit_code_ = 0;
};

}  // namespace supervisor
