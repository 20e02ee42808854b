// Starts on the loop: what process/spawn.h begins, the Launcher finishes.
//
// A start is told twice: launch() returns the pid at once, `done` is called when the exec went
// through or failed. A start that hangs (a dead mount) is given up on after kLaunchTimeoutMs: the
// child is killed and `done` gets an outcome that says so. Whatever the outcome, the pid ends by
// being reaped; the owner of the reaper calls settle() before it tells anybody of the end, so that
// `done` always comes first. Threads: the loop's. Owner: Init.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "supervisor/process/spawn.h"

namespace supervisor {

class Launcher {
 public:
  static constexpr std::uint64_t kLaunchTimeoutMs = 30'000;
  static constexpr std::size_t kManyStarts = 16;
  using Done = std::function<void(const SpawnOutcome&)>;

  Launcher(base::Loop& loop, std::optional<rlimit> open_files);
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  /// `done` is never called from inside launch(), and not at all when launch() fails.
  [[nodiscard]] base::Result<pid_t> launch(const SpawnRequest& request, Done done);

  /// `pid` was reaped: finishes its start, if it is still under way.
  void settle(pid_t pid);

  /// Everything that was launched, lives or waits to be reaped.
  [[nodiscard]] std::vector<pid_t> alive() const { return {alive_.begin(), alive_.end()}; }

  /// The name of a start whose outcome is not known yet; empty: there is none.
  [[nodiscard]] std::string busy_with() const;
  /// After a live upgrade: these were launched before it.
  void restore(const std::vector<pid_t>& alive) { alive_.insert(alive.begin(), alive.end()); }

  /// Gives up on a start under way: kills it; `done` is not called.
  void abandon(pid_t pid);

 private:
  struct Pending;
  void on_report(pid_t pid);
  void on_timeout(pid_t pid);
  void give_back_memory();

  base::Loop& loop_;
  Spawner spawner_;
  std::map<pid_t, std::unique_ptr<Pending>> pending_;
  std::set<pid_t> alive_;
  std::size_t pending_most_ = 0;  // at once, since there was none
};

}  // namespace supervisor
