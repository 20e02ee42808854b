// Work that reads or makes files of the user's, done in a short-lived copy of PID 1.
//
// A file may lie on a dead mount, and then whoever touches it hangs. So PID 1 forks: the child has
// all data already, works with ordinary code, writes its answer into a pipe and ends. That costs a
// copy of PID 1's page tables (some 100 µs), so nothing is done this way that needs no file.
// The child keeps no descriptor of PID 1's but its pipe and one that it may need (a hung one would
// hold clients' sockets open), and all its signals are blocked; KILL ends it once the kernel lets
// go. Threads: the loop's thread only. Owner: Helpers, which reads the pipe.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

struct HelperLimits {
  static constexpr std::size_t kAnswerBytesMax = 16U << 20U;
};

class HelperChild {
 public:
  static constexpr int kKeptFd = 4;
  using Work = std::function<std::vector<std::byte>()>;
  using Answer = base::Result<std::vector<std::byte>>;

  /// Runs `work` in a child. Its pid has to be reaped by whoever reaps. `kept_fd`, if there is one,
  /// is kKeptFd there.
  [[nodiscard]] static base::Result<HelperChild> start(const Work& work, int kept_fd = -1);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int answer_fd() const { return pipe_.get(); }  // non-blocking
  /// Reads what there is; the answer at the end of the pipe. An empty one: the child has died.
  [[nodiscard]] std::optional<Answer> try_finish();

 private:
  HelperChild(pid_t pid, base::Fd pipe) : pid_(pid), pipe_(std::move(pipe)) {}

  pid_t pid_;
  base::Fd pipe_;
  std::vector<std::byte> bytes_;
};

}  // namespace supervisor
