#include "supervisor/helpers.h"

#include <signal.h>

#include <optional>
#include <utility>

#include "supervisor/process/foreign_fd.h"

namespace supervisor {

using base::Result;

struct Helpers::Pending {
  HelperChild child;
  Done done;
  std::optional<base::Poll> poll{};
};

Helpers::Helpers(base::Loop& loop) : loop_(loop) {}
Helpers::~Helpers() = default;

Result<pid_t> Helpers::run(const HelperChild::Work& work, Done done, int kept_fd) {
  TRY_ASSIGN(HelperChild child, HelperChild::start(work, kept_fd));
  const pid_t pid = child.pid();
  pids_.insert(pid);
  auto pending = std::make_unique<Pending>(Pending{std::move(child), std::move(done)});
  auto poll = base::Poll::open(loop_, pending->child.answer_fd(), base::Poll::kReadable,
                               [this, pid](int) { on_readable(pid); });
  if (!poll) {
    ::kill(pid, SIGKILL);
    return tl::unexpected(std::move(poll).error());
  }
  pending->poll.emplace(std::move(*poll));
  pending_.insert_or_assign(pid, std::move(pending));
  return pid;
}

Result<void> Helpers::close(std::vector<base::Fd>& fds, std::function<void()> done) {
  TRY_ASSIGN(const pid_t pid, close_in_child(fds));
  pids_.insert(pid);
  closing_.insert_or_assign(pid, std::move(done));
  return {};
}

void Helpers::settle(pid_t pid) {
  pids_.erase(pid);
  if (const auto found = closing_.find(pid); found != closing_.end()) {
    const std::function<void()> done = std::move(found->second);
    closing_.erase(found);
    return done();
  }
  on_readable(pid);
}

void Helpers::on_readable(pid_t pid) {
  const auto found = pending_.find(pid);
  if (found == pending_.end()) {
    return;
  }
  std::optional<HelperChild::Answer> answer = found->second->child.try_finish();
  if (answer) {
    const std::unique_ptr<Pending> finished = std::move(found->second);
    pending_.erase(found);
    finished->done(*std::move(answer));
  }
}

void Helpers::abandon(pid_t pid) {
  if (pending_.erase(pid) > 0) {
    ::kill(pid, SIGKILL);
  }
}

}  // namespace supervisor
