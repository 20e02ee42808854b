// What must hold, whatever happens. The world tells it every effect and every truth; it keeps books
// of its own, by other means than the machines, and remembers the first thing that is wrong.
//
// After each step: at most one process a service, states agree with processes, every stop ends by
// its deadline, nobody starts before what it needs or stops before what needs it, nobody waits for
// nothing or runs without what it requires, no state lasts longer than it may, nothing starts
// during a shutdown. At the end: within the budget, with the exit code that the books give;
// restarts as many as crashes allow. Threads: one. Owner: run_seed().
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/machine/fleet_machine.h"
#include "tests/sim/sim_order.h"
#include "tests/sim/sim_scenario.h"

namespace sim {

/// The newest process of a service as the world knows it.
struct ServiceTruth {
  bool spawning = false;
  pid_t pid = 0;  // alive, or dead and not yet reaped
  bool held_by_kernel = false;
  bool checking = false;
  bool sweeping = false;
};

enum class Tracing : std::uint8_t { kOff, kOn };

class Checker {
 public:
  using ServiceId = supervisor::ServiceId;

  Checker(const Scenario& scenario, Tracing tracing);

  // The books.
  void on_spawn(ServiceId service, std::uint64_t now_ns);
  void on_spawn_failed(ServiceId service, int exit_code);
  void on_abandon(ServiceId service, supervisor::ServiceState state);
  void on_exit(ServiceId service, const supervisor::ExitStatus& exit,
               supervisor::ServiceState state);
  void on_kernel_held() { kernel_held_one_ = true; }
  void on_asked_to_stop(ServiceId service, pid_t pid, std::uint64_t now_ns);
  void on_killed(ServiceId service, pid_t pid) { books_[service].killed = pid; }
  void on_sweep(ServiceId service, std::uint64_t now_ns);
  void on_unhealthy(ServiceId service, std::string_view reason);
  void on_state_changed(ServiceId service, const supervisor::StateChange& change,
                        std::uint64_t now_ns);
  void on_ended_for_good(ServiceId service, const supervisor::Ending& ending);
  void on_action(const Action& action, std::uint64_t now_ns);
  /// It was removed and is a new one now.
  void on_added_again(ServiceId service) {
    const std::uint64_t since_ns = books_[service].state_since_ns;
    books_[service] = {};
    books_[service].touched = true;
    books_[service].state_since_ns = since_ns;
  }
  void set_removed(ServiceId service, bool removed) { books_[service].removed = removed; }
  void on_action_taken() { acted_on_.assign(books_.size(), false); }
  void on_shutdown_began(std::string_view reason, std::uint64_t deadline_ns, std::uint64_t now_ns);
  void on_all_stopped(int exit_code, std::size_t left_behind, std::uint64_t now_ns);

  // The checks.
  void require(bool holds, std::string_view what);
  void check_service(const supervisor::ServiceMachine& machine, const ServiceTruth& truth,
                     std::uint64_t now_ns);
  void check_fleet(std::uint64_t now_ns);
  /// When the operator has been quiet for long: nobody is on the way to nowhere.
  void check_liveness(const supervisor::ServiceMachine& machine, std::uint64_t now_ns);

  [[nodiscard]] const std::string& failure() const { return failure_; }  // empty: all is well
  [[nodiscard]] const std::vector<std::string>& trace() const { return trace_; }

  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    if (tracing_ == Tracing::kOn) {
      trace_.push_back(fmt::format(format, std::forward<Args>(args)...));
    }
  }

 private:
  struct Books {
    std::uint64_t spawns = 0;
    std::uint64_t crashes = 0;       // ends and failed starts that nobody asked for
    std::uint64_t restarts = 0;      // seen as back-off → waiting without the operator
    bool removed = false;            // from the configuration
    bool touched = false;            // by the operator, ever
    bool stops_for_the_end = false;  // it began to stop in the shutdown
    bool comes_later = false;        // its stop had to wait, at the last look
    std::uint64_t state_since_ns = 0;
    std::uint64_t stop_due_ns = 0;
    std::uint64_t sweep_due_ns = 0;
    std::uint64_t sweep_began_ns = 0;
    std::optional<int> last_code{};
    pid_t asked = 0;   // the last one that was asked to stop
    pid_t killed = 0;  // the last one that got KILL
    std::vector<std::uint64_t> restarts_ns;
  };

  void check_restart(Books& books, const supervisor::ServiceRules& rules, std::uint64_t now_ns);
  void check_order(const supervisor::ServiceMachine& machine);
  void check_stop(const supervisor::ServiceMachine& machine, const ServiceTruth& truth,
                  std::uint64_t now_ns);
  [[nodiscard]] bool ends_all(ServiceId service, const supervisor::Ending& ending) const;
  void check_policy(const supervisor::ServiceMachine& machine, std::uint64_t now_ns);
  [[nodiscard]] int expected_exit_code() const;
  [[nodiscard]] std::uint64_t budget_ns() const { return scenario_.fleet.shutdown_timeout_ns; }

  const Scenario& scenario_;
  Tracing tracing_;
  std::vector<Books> books_;
  OrderBooks order_;
  std::vector<bool> acted_on_;  // during the operator's action: who may be touched by it
  std::optional<std::uint64_t> shutdown_began_ns_;
  std::uint64_t shutdown_due_ns_ = 0;
  bool hurried_ = false;
  std::uint64_t sweep_least_ns_ = 0;  // as long all sweeps may go on behind the deadline
  bool kernel_held_one_ = false;      // then ends may be late through nobody's fault
  std::optional<int> decided_code_;
  bool decided_by_operator_ = false;
  std::string failure_;
  std::vector<std::string> trace_;
};

}  // namespace sim
