#include "supervisor/config_child.h"

#include <fmt/format.h>
#include <unistd.h>

#include "supervisor/config/check.h"
#include "supervisor/config/encode.h"
#include "supervisor/programs.h"

namespace supervisor {

using base::Result;

namespace {

constexpr int kExitConfiguration = 2;

std::vector<std::string> load_arguments(const RunOptions& options) {
  std::vector<std::string> argv{std::string(kConfigReaderName), "load"};
  for (const std::string& path : options.config_paths) {
    argv.insert(argv.end(), {"-c", path});
  }
  if (options.hold) {
    argv.emplace_back("--hold");
  }
  argv.emplace_back("--");
  argv.insert(argv.end(), options.command.begin(), options.command.end());
  return argv;
}

}  // namespace

Result<ConfigChild> ConfigChild::start(Launcher& launcher, int config_reader,
                                       const RunOptions& options,
                                       std::vector<std::string> environment,
                                       const std::string& fallback_directory, int message_fd) {
  ConfigChild child;
  TRY_ASSIGN(child.memory_,
             base::make_memory_file("birl-config", kConfigMemoryBytes, fallback_directory));
  SpawnRequest request;
  request.name = "birl-config load";
  request.executable = config_reader;
  request.argv = load_arguments(options);
  request.environment = std::move(environment);
  request.fds = {{.source = child.memory_.get(), .target = kLoadMemoryFd}};
  if (message_fd != STDERR_FILENO) {
    request.fds.push_back({.source = message_fd, .target = STDERR_FILENO});
  }
  TRY_ASSIGN(child.pid_, launcher.launch(request, [](const SpawnOutcome&) {}));
  return child;
}

Result<Config> ConfigChild::finish(const ReapedChild& child) const {
  if (child.signal == 0 && child.exit_code == 0) {
    return read_config(memory_.get());
  }
  if (child.signal == 0 && child.exit_code == kExitConfiguration) {
    return base::fail(base::ErrorCode::kInvalid, "cannot use the configuration");
  }
  return base::fail(base::ErrorCode::kUnavailable,
                    fmt::format("cannot load the configuration: birl-config ended with {}",
                                child.container_code()));
}

}  // namespace supervisor
