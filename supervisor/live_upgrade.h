// `birl upgrade`: another birl takes the place of this one, in the same process.
//
//     idle ──begin──▶ checking: a child of the new birl reads a state like ours (upgrade_check.h)
//      ▲                 │ it can
//      │                 ▼
//      │              settling: what cannot be carried over ends by itself
//      │ any failure     │ nothing is under way
//      └─────────────────┴──▶ the router is asked to end, the state is written, exec
//
// Whatever fails, fails before the exec, or is the exec's own refusal: then this birl goes on, and
// progress() tells why. What was exec'ed is the executable that the check came from, by its
// descriptor. One at a time. Threads: the loop's. Owner: Instance; borrows everything in Parts.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"
#include "supervisor/control/control_port.h"
#include "supervisor/launcher.h"
#include "supervisor/process/reaper.h"
#include "supervisor/upgrade/upgrade_check.h"
#include "supervisor/upgrade/upgrade_state.h"

namespace supervisor {

class LiveUpgrade {
 public:
  static constexpr std::uint64_t kCheckTimeoutMs = 10'000;
  static constexpr std::uint64_t kSettleTimeoutMs = 10'000;
  static constexpr std::uint64_t kSettlePollMs = 2;

  struct Parts {
    base::Loop& loop;
    Launcher& launcher;
    std::vector<std::string> environment;
    std::string fallback_directory;              // for kernels that forbid memory files
    std::function<std::string()> find_obstacle;  // why there can be none at all; empty: there can
    std::function<std::string()> find_busy;      // what has to end first; empty: nothing
    std::function<UpgradeState()> take_state;
    std::function<void()> leave;  // right before the exec
    std::function<void()> ended;  // it has failed: progress()
  };

  explicit LiveUpgrade(Parts parts);

  /// `binary`: a path; empty: where this birl's own executable came from. kUnavailable: not now.
  [[nodiscard]] base::Result<void> begin(const std::string& binary);
  /// Whether it was the check.
  bool on_child_exited(const ReapedChild& child);
  [[nodiscard]] const UpgradeProgress& progress() const { return progress_; }

 private:
  static constexpr std::size_t kOutputBytesMax = 400;

  [[nodiscard]] base::Result<void> start_check();
  void read_output();
  void read_answer();
  void on_timer();
  void kill_check();
  void take_answer(const ReapedChild& child);
  void settle();
  void go();
  void fail(base::Error error);

  Parts parts_;
  UpgradeProgress progress_;
  std::string binary_;
  base::Timer timer_;
  pid_t check_ = 0;  // 0: it has ended
  bool timed_out_ = false;
  std::string start_error_;
  base::Fd output_;
  std::optional<base::Poll> output_poll_;
  std::string output_text_;
  base::Fd socket_;
  std::optional<UpgradeAnswer> answer_;
  std::uint64_t checksum_ = 0;  // of the state that is checked
  base::Fd new_self_;
  base::Fd new_router_;
  base::Fd new_config_reader_;
  std::uint64_t settle_until_ns_ = 0;
};

}  // namespace supervisor
