// One service machine with a recording port and a hand-moved clock: the verbs of the tests below.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "supervisor/machine/service_machine.h"
#include "tests/supervisor/machine/recording_port.h"

namespace supervisor {

using Effects = std::vector<std::string>;

class MachineDriver {
 public:
  explicit MachineDriver(ServiceRules rules) : machine_(0, std::move(rules), port_) {}

  /// Each verb does its event and returns the effects of it.
  Effects start() { return step({.kind = ServiceEventKind::kStart}); }
  Effects stop() { return step({.kind = ServiceEventKind::kStop}); }
  Effects restart() { return step({.kind = ServiceEventKind::kRestart}); }
  Effects dependencies_met() { return step({.kind = ServiceEventKind::kDependenciesMet}); }
  Effects ready() { return step({.kind = ServiceEventKind::kReady}); }
  Effects hurry() { return step({.kind = ServiceEventKind::kHurry}); }
  Effects group_changed() { return step({.kind = ServiceEventKind::kGroupChanged}); }
  Effects spawned(pid_t pid) {
    return step(
        {.kind = ServiceEventKind::kSpawned, .pid = pid, .incarnation = machine_.incarnation()});
  }
  Effects spawn_failed(int exit_code, std::string text) {
    return step({.kind = ServiceEventKind::kSpawnFailed,
                 .incarnation = machine_.incarnation(),
                 .exit = ExitStatus::not_started(exit_code),
                 .text = std::move(text)});
  }
  Effects exited(pid_t pid, int code) {
    return step({.kind = ServiceEventKind::kExited, .pid = pid, .exit = ExitStatus::exited(code)});
  }
  Effects signaled(pid_t pid, int signal) {
    return step(
        {.kind = ServiceEventKind::kExited, .pid = pid, .exit = ExitStatus::signaled(signal)});
  }
  Effects shutdown(std::uint64_t deadline_ns, int signal = 0) {
    return step(
        {.kind = ServiceEventKind::kShutdown, .deadline_ns = deadline_ns, .signal = signal});
  }
  /// Moves the clock to the timer's time and fires it.
  Effects fire_timer() {
    now_ns = machine_.timer()->due_ns;
    return step({.kind = ServiceEventKind::kTimer, .generation = machine_.timer()->generation});
  }
  Effects step(const ServiceEvent& event) {
    machine_.step(event, now_ns);
    return port_.take();
  }
  /// Straight to `running` as `pid`.
  void run(pid_t pid) {
    start();
    dependencies_met();
    spawned(pid);
  }
  /// From a crash's back-off to `running` as `pid`.
  void run_again(pid_t pid) {
    fire_timer();
    dependencies_met();
    spawned(pid);
  }

  [[nodiscard]] const ServiceMachine& machine() const { return machine_; }
  [[nodiscard]] ServiceState state() const { return machine_.state(); }
  RecordingPort& port() { return port_; }

  std::uint64_t now_ns = 0;

 private:
  RecordingPort port_;
  ServiceMachine machine_;
};

}  // namespace supervisor
