#include "supervisor/fd_disposal.h"

#include <utility>

#include "supervisor/process/foreign_fd.h"

namespace supervisor {

FdDisposal::FdDisposal(base::Loop& loop, Helpers& helpers, std::function<void()> drained)
    : helpers_(helpers), drained_(std::move(drained)), retry_(loop, [this] { close_next(); }) {}

void FdDisposal::add(std::vector<base::Fd> fds) {
  for (base::Fd& fd : fds) {
    if (!closes_at_once(foreign_kind(fd.get()))) {
      waiting_.push_back(std::move(fd));
    }
  }
  close_next();
}

void FdDisposal::close_next() {
  if (closing_ > 0 || waiting_.empty()) {
    return;
  }
  const std::size_t count = waiting_.size();
  if (helpers_.close(waiting_, [this] { on_closed(); })) {
    closing_ = count;
  } else {
    retry_.start_once(kRetryMs);
  }
}

void FdDisposal::on_closed() {
  closing_ = 0;
  close_next();
  if (pending() == 0) {
    drained_();
  }
}

}  // namespace supervisor
