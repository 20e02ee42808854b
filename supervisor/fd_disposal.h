// Closes descriptors that came from one service, so that PID 1 never waits for it
// (process/foreign_fd.h): at once where that cannot wait, else by one child at a time.
//
// What the child hangs at, a descriptor of that service's, holds up only this service's others;
// once kPendingMax of them are open still, is_full() says that no more should be taken.
// Threads: the loop's. Owner: FdStore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/fd.h"
#include "base/loop.h"
#include "supervisor/helpers.h"

namespace supervisor {

class FdDisposal {
 public:
  static constexpr std::size_t kPendingMax = 256;
  static constexpr std::uint64_t kRetryMs = 100;  // there was no process for the child

  /// `drained` is called each time that nothing is pending any more, from the loop.
  FdDisposal(base::Loop& loop, Helpers& helpers, std::function<void()> drained);

  void add(std::vector<base::Fd> fds);
  [[nodiscard]] std::size_t pending() const { return waiting_.size() + closing_; }
  [[nodiscard]] bool is_full() const { return pending() >= kPendingMax; }

 private:
  void close_next();
  void on_closed();

  Helpers& helpers_;
  std::function<void()> drained_;
  std::vector<base::Fd> waiting_;
  std::size_t closing_ = 0;  // the child has them
  base::Timer retry_;
};

}  // namespace supervisor
