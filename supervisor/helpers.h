// Helper children on the loop: what process/helper_child.h begins, Helpers finishes.
//
// `done` is called once, with the child's answer or why there is none; never from inside run(). The
// pid ends by being reaped; the owner of the reaper then calls settle(). Threads: the loop's.
// Owner: Instance.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"
#include "supervisor/process/helper_child.h"

namespace supervisor {

class Helpers {
 public:
  using Done = std::function<void(HelperChild::Answer)>;

  explicit Helpers(base::Loop& loop);
  ~Helpers();
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  /// `kept_fd` as in HelperChild::start().
  [[nodiscard]] base::Result<pid_t> run(const HelperChild::Work& work, Done done, int kept_fd = -1);
  /// A child closes `fds`, which may take its time (process/foreign_fd.h), and leaves them empty;
  /// then `done` is called. Not begun: they are as they were.
  [[nodiscard]] base::Result<void> close(std::vector<base::Fd>& fds, std::function<void()> done);
  /// `pid` was reaped: takes its answer, if that has not come yet.
  void settle(pid_t pid);
  /// Those that live or wait to be reaped.
  [[nodiscard]] const std::set<pid_t>& pids() const { return pids_; }
  /// Some have not answered yet.
  [[nodiscard]] bool busy() const { return !pending_.empty(); }
  /// After a live upgrade: these wait to be reaped.
  void restore(const std::vector<pid_t>& pids) { pids_.insert(pids.begin(), pids.end()); }
  /// KILL; `done` is not called. A pid that is not (any more) a helper's is left alone.
  void abandon(pid_t pid);

 private:
  struct Pending;
  void on_readable(pid_t pid);

  base::Loop& loop_;
  std::set<pid_t> pids_;
  std::map<pid_t, std::unique_ptr<Pending>> pending_;
  std::map<pid_t, std::function<void()>> closing_;
};

}  // namespace supervisor
