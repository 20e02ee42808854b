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

}  // namespace

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
