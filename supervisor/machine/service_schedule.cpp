// Scheduled services: runs that begin when they are due, and the time between them.
#include <fmt/format.h>

#include <utility>

#include "supervisor/machine/service_machine.h"

namespace supervisor {

void ServiceMachine::on_run() {
  if (shutdown_deadline_ns_ != kNever || !rules_.schedule) {
    return;  // no way back; or it is another type of service by now
  }
  switch (state_) {
    case ServiceState::kStopped:
    case ServiceState::kFailed:
    case ServiceState::kDone:
    case ServiceState::kBackoff:
      due_ = true;
      return begin_fresh();
    case ServiceState::kWaiting:
      if (!std::exchange(due_, true)) {
        begin_fresh();
      }
      return;
    case ServiceState::kStopping:
      due_ = true;
      goal_ = Goal::kUp;
      pending_end_.reset();
      return;
    case ServiceState::kStarting:
    case ServiceState::kRunning:
      return;  // this is the run
  }
}

/// `reason`: how the run failed; empty: it did not.
void ServiceMachine::rest_until_due(std::string reason) {
  due_ = false;
  backoff_.reset();
  window_.reset();
  take_next_rules();
  goal_ = Goal::kUp;
  enter(ServiceState::kWaiting,
        reason.empty() ? "" : fmt::format("the last run failed: {}", reason));
}

}  // namespace supervisor
