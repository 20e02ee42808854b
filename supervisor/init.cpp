#include "supervisor/init.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/fd.h"
#include "supervisor/instance.h"
#include "supervisor/process/environment.h"
#include "supervisor/process/inherited.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/reaper.h"
#include "supervisor/programs.h"
#include "supervisor/upgrade/upgrade_exec.h"
#include "supervisor/upgrade/upgrade_file.h"

namespace supervisor {

using base::Result;

namespace {

constexpr int kExitFailed = 1;

/// Descriptors 0 to 2 exist from here on, so that no other object is ever mistaken for one of them.
void open_standard_descriptors() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0; fd = ::open("/dev/null", O_RDWR)) {
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
  }
}

/// Standard error, but never blocking: a reopened description, since the flag of the inherited one
/// is shared with whoever else holds it. Not of a file, for that would have a place of its own to
/// write to, and does not block.
base::Fd open_message_descriptor() {
  struct stat status {};
  if (::fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
    return {};
  }
  return base::Fd(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC));
}

Result<Instance::Parts> prepare(const RunOptions& options, base::Diag& diag) {
  TRY(close_on_exec_from_3());
  TRY(last_resort_install({}));
  TRY_ASSIGN(SignalSource signals, SignalSource::open());
  if (::getpid() != 1) {
    TRY(become_subreaper());
  }
  TRY_ASSIGN(base::Fd router_binary, open_program(kRouterName));
  TRY_ASSIGN(base::Fd config_reader, open_program(kConfigReaderName));
  base::Fd self_binary(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  std::optional<rlimit> open_files;
  if (const Result<rlimit> original = raise_open_files()) {
    open_files = *original;
  }
  return Instance::Parts{.options = options,
                         .environment = inherited_environment(),
                         .signals = std::move(signals),
                         .router_binary = std::move(router_binary),
                         .config_reader = std::move(config_reader),
                         .self_binary = std::move(self_binary),
                         .open_files = open_files,
                         .diag = diag};
}

struct Resumed {
  UpgradeState state;
  ArrivingFds fds;
};

/// Whom there is to look after comes first: then at least last_resort can.
Result<Resumed> read_state(int state_fd) {
  const base::Fd file(state_fd);
  TRY_ASSIGN(const std::vector<std::byte> bytes, read_upgrade_file(state_fd));
  TRY_ASSIGN(UpgradeState state, decode_upgrade_state(bytes));
  for (const KeptChild& child : state.last_resort.children) {
    TRY(last_resort_add({.pid = child.pid,
                         .role = static_cast<LastResortRole>(child.role),
                         .stop_signal = child.stop_signal,
                         .stop_group = child.stop_group}));
  }
  last_resort_set_exit_code(state.last_resort.exit_code);
  TRY_ASSIGN(ArrivingFds fds, ArrivingFds::take_in(collect_kept_fds(state)));
  return Resumed{std::move(state), std::move(fds)};
}

Result<Instance::Parts> prepare_to_resume(Resumed& resumed, base::Diag& diag) {
  UpgradeState& state = resumed.state;
  TRY(close_on_exec_from_3());
  set_process_name(state.process_name);
  TRY_ASSIGN(SignalSource signals, SignalSource::take_over());
  if (::getpid() != 1) {
    TRY(become_subreaper());
  }
  TRY_ASSIGN(base::Fd router_binary, resumed.fds.take(state.router_binary));
  TRY_ASSIGN(base::Fd config_reader, resumed.fds.take(state.config_reader));
  TRY_ASSIGN(base::Fd self_binary, resumed.fds.take(state.self_binary));
  std::optional<rlimit> open_files;
  if (state.open_files) {
    open_files = rlimit{.rlim_cur = state.open_files->soft, .rlim_max = state.open_files->hard};
  }
  return Instance::Parts{.options = {.config_paths = state.options.config_paths,
                                     .command = state.options.command,
                                     .hold = state.options.hold},
                         .environment = state.environment,
                         .signals = std::move(signals),
                         .router_binary = std::move(router_binary),
                         .config_reader = std::move(config_reader),
                         .self_binary = std::move(self_binary),
                         .open_files = open_files,
                         .diag = diag};
}

[[noreturn]] void give_up(base::Diag& diag, const base::Error& error) {
  diag.error("cannot take over: {}", error.message);
  last_resort_enter("the upgrade has failed after all");
}

}  // namespace

int resume_init(int state_fd) {
  open_standard_descriptors();
  const base::Fd messages = open_message_descriptor();
  base::Diag diag(messages.valid() ? messages.get() : STDERR_FILENO, base::DiagLevel::kInfo,
                  "birl: ");
  if (const Result<void> installed = last_resort_install({}); !installed) {
    give_up(diag, installed.error());
  }
  Result<Resumed> resumed = read_state(state_fd);
  if (!resumed) {
    give_up(diag, resumed.error());
  }
  Result<Instance::Parts> parts = prepare_to_resume(*resumed, diag);
  if (!parts) {
    give_up(diag, parts.error());
  }
  Instance instance(std::move(*parts));
  if (const Result<void> taken =
          instance.take_over(std::move(resumed->state), std::move(resumed->fds));
      !taken) {
    give_up(diag, taken.error());
  }
  return instance.run_loop();
}

int run_init(const RunOptions& options) {
  open_standard_descriptors();
  const base::Fd messages = open_message_descriptor();
  base::Diag diag(messages.valid() ? messages.get() : STDERR_FILENO, base::DiagLevel::kInfo,
                  "birl: ");
  Result<Instance::Parts> parts = prepare(options, diag);
  if (!parts) {
    diag.error("{}", parts.error().message);
    return kExitFailed;
  }
  return Instance(std::move(*parts)).run();
}

}  // namespace supervisor
