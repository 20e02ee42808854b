#include "supervisor/launcher.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace supervisor {

using base::Result;

struct Launcher::Pending {
  Pending(base::Loop& loop, Spawning started, std::string label, Done callback,
          std::function<void()> expired)
      : spawning(std::move(started)),
        name(std::move(label)),
        done(std::move(callback)),
        timer(loop, std::move(expired)) {}

  Spawning spawning;
  std::string name;
  Done done;
  std::optional<base::Poll> poll;
  base::Timer timer;
};

Launcher::Launcher(base::Loop& loop, std::optional<rlimit> open_files)
    : loop_(loop), spawner_(open_files) {}

Launcher::~Launcher() = default;

Result<pid_t> Launcher::launch(const SpawnRequest& request, Done done) {
  TRY_ASSIGN(Spawning spawning, spawner_.begin(request));
  const pid_t pid = spawning.pid();
  alive_.insert(pid);
  auto pending = std::make_unique<Pending>(loop_, std::move(spawning), request.name,
                                           std::move(done), [this, pid] { on_timeout(pid); });
  auto poll = base::Poll::open(loop_, pending->spawning.report_fd(), base::Poll::kReadable,
                               [this, pid](int) { on_report(pid); });
  if (!poll) {
    ::kill(pid, SIGKILL);
    return tl::unexpected(std::move(poll).error());
  }
  pending->poll.emplace(std::move(*poll));
  pending->timer.start_once(kLaunchTimeoutMs);
  pending_.insert_or_assign(pid, std::move(pending));
  pending_most_ = std::max(pending_most_, pending_.size());
  return pid;
}

void Launcher::on_report(pid_t pid) {
  const auto found = pending_.find(pid);
  if (found == pending_.end()) {
    return;
  }
  const std::optional<SpawnOutcome> outcome = found->second->spawning.try_finish();
  if (outcome) {
    const std::unique_ptr<Pending> finished = std::move(found->second);
    pending_.erase(found);
    finished->done(*outcome);
    give_back_memory();
  }
}

/// Many starts at once leave a heap that is mostly holes; PID 1 stays small.
void Launcher::give_back_memory() {
  if (pending_.empty() && std::exchange(pending_most_, 0) >= kManyStarts) {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
  }
}

std::string Launcher::busy_with() const {
  return pending_.empty() ? "" : pending_.begin()->second->name;
}

void Launcher::settle(pid_t pid) {
  alive_.erase(pid);
  on_report(pid);
}

void Launcher::abandon(pid_t pid) {
  if (pending_.erase(pid) > 0) {
    ::kill(pid, SIGKILL);
  }
}

void Launcher::on_timeout(pid_t pid) {
  const auto found = pending_.find(pid);
  if (found == pending_.end()) {
    return;
  }
  const std::unique_ptr<Pending> hung = std::move(found->second);
  abandon(pid);
  SpawnOutcome outcome;
  outcome.exit_code = 126;
  outcome.error = {.code = base::ErrorCode::kTimeout,
                   .sys_errno = 0,
                   .message = fmt::format("cannot start {}: its exec hangs since {} s", hung->name,
                                          kLaunchTimeoutMs / 1'000)};
  hung->done(outcome);
}

}  // namespace supervisor
