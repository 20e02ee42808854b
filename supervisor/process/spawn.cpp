#include "supervisor/process/spawn.h"

#include <fmt/format.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "supervisor/process/raw_syscall.h"
#include "supervisor/process/spawn_child.h"
#include "supervisor/process/spawn_plan.h"
#include "supervisor/process/spawn_stack.h"

namespace supervisor {

namespace {

#if defined(BIRL_SANITIZED) || !BIRL_RAW_SYSCALLS
constexpr bool kShareMemory = false;
#else
constexpr bool kShareMemory = true;
#endif

/// Every signal that there is, also those that libc keeps for itself, blocked for a scope.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    const unsigned long all = ~0UL;
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof(all));
  }
  ~AllSignalsBlocked() {
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, 0L, sizeof(before_));
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  unsigned long before_ = 0;
};

int start_child(void* plan) {
  run_child(*static_cast<const ChildPlan*>(plan));
}

/// With CLONE_INTO_CGROUP the child never runs outside. (Moving it afterwards would stop all forks
/// of the machine for some milliseconds.) Negative: an old kernel, or a filter.
pid_t create_in_cgroup(const SpawnStack& stack, ChildPlan& plan, int cgroup) {
  const bool shares_memory = kShareMemory && plan.oom_score == nullptr;
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP | (shares_memory ? CLONE_VM : 0U);
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(cgroup);
  if (shares_memory) {
    arguments.stack = reinterpret_cast<__u64>(stack.bottom());
    arguments.stack_size = stack.bytes();
    return static_cast<pid_t>(raw_clone3(&arguments, sizeof(arguments), start_child, &plan));
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
  if (pid == 0) {
    run_child(plan);
  }
  return pid;
}

pid_t create_process(const SpawnStack& stack, ChildPlan& plan, int cgroup) {
  const AllSignalsBlocked blocked;
  if (cgroup >= 0) {
    if (const pid_t pid = create_in_cgroup(stack, plan, cgroup); pid > 0) {
      return pid;
    }
  }
  if (kShareMemory && plan.oom_score == nullptr) {
    return ::clone(start_child, stack.top(), CLONE_VM | SIGCHLD, &plan);
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    run_child(plan);
  }
  return pid;
}

}  // namespace

/// All that the child uses, in one place that does not move, and our end of its pipe.
struct Spawning::Child {
  Child(SpawnStack own_stack, const SpawnRequest& request, std::optional<rlimit> open_files)
      : stack(std::move(own_stack)), plan(request, open_files) {}

  [[nodiscard]] base::Result<void> run();
  [[nodiscard]] bool drain_report();

  SpawnStack stack;
  SpawnPlan plan;
  pid_t pid = 0;
  base::Fd report;
  SpawnOutcome outcome{.started = true};
  bool finished = false;
};

struct Spawner::State {
  std::optional<rlimit> open_files;
  bool dumpable = ::prctl(PR_GET_DUMPABLE) == 1;
  std::size_t identity_changes = 0;  // children that change their ids and have not exec'ed yet
  std::vector<SpawnStack> idle_stacks;
  std::vector<std::unique_ptr<Spawning::Child>> abandoned;

  base::Result<SpawnStack> take_stack() {
    if (idle_stacks.empty()) {
      return SpawnStack::make(SpawnLimits::kStackBytes);
    }
    SpawnStack stack = std::move(idle_stacks.back());
    idle_stacks.pop_back();
    return stack;
  }

  /// `child` has exec'ed or is dead: its memory is ours alone again.
  void release(Spawning::Child& child) {
    if (child.plan.child().set_identity && --identity_changes == 0 && dumpable) {
      ::prctl(PR_SET_DUMPABLE, 1);
    }
    if (idle_stacks.size() < SpawnLimits::kIdleStacksMax) {
      idle_stacks.push_back(std::move(child.stack));
    }
  }

  void sweep_abandoned() {
    std::erase_if(abandoned, [&](const std::unique_ptr<Spawning::Child>& child) {
      const bool gone = child->drain_report();
      if (gone) {
        release(*child);
      }
      return gone;
    });
  }
};

base::Result<void> Spawning::Child::run() {
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  TRY(base::set_nonblocking(pipe.read.get(), true));
  TRY_ASSIGN(const std::vector<base::Fd> moved, plan.prepare(pipe.write.get()));
  report = std::move(pipe.read);
  pid = create_process(stack, plan.child(), plan.cgroup());
  return pid > 0 ? base::Result<void>() : base::fail_errno("cannot create a process");
}

/// Reads what there is; true at the end, when the child has exec'ed or is dead.
bool Spawning::Child::drain_report() {
  for (;;) {
    SpawnReport record;
    const ssize_t bytes = ::read(report.get(), &record, sizeof(record));
    if (bytes == static_cast<ssize_t>(sizeof(record))) {
      plan.add_report(record, outcome);
    } else if (bytes >= 0 || errno != EINTR) {
      return bytes >= 0 || errno != EAGAIN;
    }
  }
}

Spawning::Spawning(Spawner& spawner, std::unique_ptr<Child> child)
    : spawner_(&spawner), child_(std::move(child)) {}
Spawning::Spawning(Spawning&&) noexcept = default;

Spawning& Spawning::operator=(Spawning&& other) noexcept {
  std::swap(spawner_, other.spawner_);
  std::swap(child_, other.child_);
  return *this;
}

Spawning::~Spawning() {
  if (child_ != nullptr && !child_->finished) {
    spawner_->state_->abandoned.push_back(std::move(child_));
  }
}

pid_t Spawning::pid() const {
  return child_->pid;
}

int Spawning::report_fd() const {
  return child_->report.get();
}

std::optional<SpawnOutcome> Spawning::try_finish() {
  ASSERT(!child_->finished);
  if (!child_->drain_report()) {
    return std::nullopt;
  }
  child_->finished = true;
  spawner_->state_->release(*child_);
  return std::move(child_->outcome);
}

Spawner::Spawner(std::optional<rlimit> open_files) : state_(std::make_unique<State>()) {
  state_->open_files = open_files;
}

Spawner::~Spawner() {
  state_->sweep_abandoned();
  for (std::unique_ptr<Spawning::Child>& child : state_->abandoned) {
    // It still runs on this memory; only a process that is about to end gets here.
    [[maybe_unused]] const Spawning::Child* left = kShareMemory ? child.release() : nullptr;
  }
}

base::Result<Spawning> Spawner::begin(const SpawnRequest& request) {
  ASSERT(!request.argv.empty() && request.fds.size() <= SpawnLimits::kPlacementsMax);
  const auto fail = [&](base::Error error) {
    return base::with_context(fmt::format("cannot start {}", request.name), std::move(error));
  };
  state_->sweep_abandoned();
  if (state_->abandoned.size() >= SpawnLimits::kAbandonedMax) {
    return fail({.code = base::ErrorCode::kLimit,
                 .message = fmt::format("{} earlier starts hang", state_->abandoned.size())});
  }
  base::Result<SpawnStack> stack = state_->take_stack();
  if (!stack) {
    return fail(std::move(stack).error());
  }
  auto child = std::make_unique<Spawning::Child>(std::move(*stack), request, state_->open_files);
  if (base::Result<void> result = child->run(); !result) {
    return fail(std::move(result).error());
  }
  state_->identity_changes += child->plan.child().set_identity ? 1U : 0U;
  return Spawning(*this, std::move(child));
}

std::size_t Spawner::abandoned_count() const {
  return state_->abandoned.size();
}

}  // namespace supervisor
