// What stages ask for, done: StagePort over a helper child (the list), the ServiceStarter (the
// scripts) and timers.
//
// A stage is a service of its own to the logs (`init`, `before_stop`, `finish`): its ring is made
// when it has a script at all, and its output goes where a service's without `log` does. Scripts
// run as birl's user, with the container's environment and $BIRL_ENVIRONMENT. Threads: the loop's.
// Owner: Instance; borrows everything in Parts.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diag.h"
#include "base/loop.h"
#include "supervisor/config/config.h"
#include "supervisor/control/event_log.h"
#include "supervisor/helpers.h"
#include "supervisor/machine/fleet_machine.h"
#include "supervisor/process/scripts.h"
#include "supervisor/service_starter.h"

namespace supervisor {

class StageRunner final : public StagePort {
 public:
  /// Makes the logs of the service that a stage is.
  using OpenLogs = std::function<base::Result<ServiceLogs*>(const ServiceConfig&)>;

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    Helpers& helpers;
    ServiceStarter& starter;
    OpenLogs open_logs;
    std::function<void(const Event&)> tell;
    std::string environment_directory;
    std::array<std::string, kStageNames.size()> directories;  // by StageKind
  };

  explicit StageRunner(Parts parts);
  /// For stages that have not begun.
  void set_directories(std::array<std::string, kStageNames.size()> directories) {
    parts_.directories = std::move(directories);
  }
  /// Before the first effect.
  void bind(FleetMachine& fleet) { fleet_ = &fleet; }

  void list_scripts(StageKind kind) override;
  void start_script(StageKind kind, std::size_t index) override;
  void abandon(StageKind kind) override;
  void signal_group(StageKind kind, pid_t group, int signal) override;
  void start_timer(StageKind kind, std::uint64_t delay_ns, std::uint64_t generation) override;
  void cancel_timer(StageKind kind) override;
  void script_failed(StageKind kind, std::string_view what) override;
  void stage_ended(StageKind kind, std::string_view failure) override;

 private:
  struct Stage {
    ServiceSlot slot;
    std::vector<Script> scripts;
    Command command;  // of the script that was started last
    pid_t helper = 0;
    ServiceStarter::StartId start = 0;
    std::unique_ptr<base::Timer> timer;
    std::uint64_t timer_generation = 0;
    std::unique_ptr<base::Timer> answer_timer;  // answers must not come from inside an effect
    std::function<void()> answer;
  };

  [[nodiscard]] Stage& at(StageKind kind) { return stages_[static_cast<std::size_t>(kind)]; }
  void tell(StageKind kind, std::string_view event, std::string_view reason) const;
  void answer_later(StageKind kind, std::function<void()> answer);
  void on_list(StageKind kind, base::Result<std::vector<Script>> scripts);
  void on_outcome(StageKind kind, pid_t pid, const SpawnOutcome& outcome);

  Parts parts_;
  FleetMachine* fleet_ = nullptr;
  std::array<Stage, kStageNames.size()> stages_;
};

}  // namespace supervisor
