// The short-lived children that look at services: one at a time for each service.
//
// A check ends when its child is reaped. What it wrote is the reason of its failure: the first
// kReasonBytesMax bytes are kept, the rest is read and thrown away, so that a talkative check
// neither hangs nor costs memory. When a check ends or is given up on, its whole group gets KILL.
// Threads: the loop's. Owner: ServiceWatch.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/result.h"
#include "supervisor/launcher.h"
#include "supervisor/machine/exit_status.h"
#include "supervisor/machine/service_port.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

class CheckRunner {
 public:
  static constexpr std::size_t kReasonBytesMax = 200;
  /// `failure`: empty when it passed.
  using Done =
      std::function<void(ServiceId service, std::uint64_t number, const std::string& failure)>;

  CheckRunner(base::Loop& loop, Launcher& launcher, Done done);
  ~CheckRunner();
  CheckRunner(const CheckRunner&) = delete;
  CheckRunner& operator=(const CheckRunner&) = delete;

  /// `request` without descriptors 1 and 2. `done` comes later, and not at all when this fails.
  [[nodiscard]] base::Result<void> start(ServiceId service, std::uint64_t number,
                                         SpawnRequest request);
  void abandon(ServiceId service);
  /// Whether `pid` was a check's.
  bool on_child_exited(pid_t pid, const ExitStatus& exit);

  /// For a live upgrade, while no start is under way.
  [[nodiscard]] std::vector<KeptCheck> take_state() const;
  [[nodiscard]] base::Result<void> restore(const KeptCheck& kept, base::Fd read_end);

  [[nodiscard]] std::size_t running() const { return checks_.size(); }  // until they are reaped

 private:
  struct Check;
  static void read_output(Check& check);

  base::Loop& loop_;
  Launcher& launcher_;
  Done done_;
  std::map<pid_t, std::unique_ptr<Check>> checks_;
};

}  // namespace supervisor
