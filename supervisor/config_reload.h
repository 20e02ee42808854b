// `birl reload`, SIGHUP: the configuration is read again in a child, as at boot, and what came of
// it is handed to the owner, who makes it so.
//
// One at a time. What the child says (what is wrong, warnings) is kept for whoever asked, and told
// as birl's own messages. A configuration that cannot be used changes nothing. A child that hangs
// on a dead mount hangs for itself; it is killed after kTimeoutMs. Threads: the loop's. Owner:
// Instance; borrows everything in Parts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"
#include "supervisor/config/config_diff.h"
#include "supervisor/config_child.h"
#include "supervisor/control/control_port.h"

namespace supervisor {

class ConfigReload {
 public:
  static constexpr std::uint64_t kTimeoutMs = 60'000;

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    std::string fallback_directory;  // for kernels that forbid memory files
    std::function<base::Result<ConfigChild>(int message_fd)> load;  // starts the child
    std::function<base::Result<ConfigDiff>(Config)> apply;
    std::function<void()> ended;
  };

  explicit ConfigReload(Parts parts);

  /// kUnavailable: one is under way already.
  [[nodiscard]] base::Result<void> begin();
  /// Whether it was the child.
  bool on_child_exited(const ReapedChild& child);
  [[nodiscard]] const ConfigReloadProgress& progress() const { return progress_; }

 private:
  [[nodiscard]] base::Result<ConfigDiff> take(const ReapedChild& child);
  void read_messages();
  void end(base::Result<ConfigDiff> result);
  void tell() const;

  Parts parts_;
  base::Timer timer_;
  base::Fd messages_;
  std::optional<ConfigChild> child_;
  ConfigReloadProgress progress_;
};

}  // namespace supervisor
