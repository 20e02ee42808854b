// Loads the configuration in a short-lived child (birl-config's role "load"), so that PID 1 itself
// parses nothing. The child prints what is wrong and hands the result over in a memory file.
//
// The loop runs meanwhile, so a stop is heard while a configuration lies on a file system that
// hangs. Threads: the loop's. Owner: Init.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/config/config.h"
#include "supervisor/init.h"
#include "supervisor/launcher.h"
#include "supervisor/process/reaper.h"

namespace supervisor {

class ConfigChild {
 public:
  /// `config_reader` is borrowed, and `message_fd`, where the child says what is wrong. The pid's
  /// end must be given to finish().
  [[nodiscard]] static base::Result<ConfigChild> start(Launcher& launcher, int config_reader,
                                                       const RunOptions& options,
                                                       std::vector<std::string> environment,
                                                       const std::string& fallback_directory,
                                                       int message_fd);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// kInvalid: the configuration is wrong and the child has said why.
  [[nodiscard]] base::Result<Config> finish(const ReapedChild& child) const;

 private:
  base::Fd memory_;
  pid_t pid_ = 0;
};

}  // namespace supervisor
