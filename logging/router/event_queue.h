// What the router's threads tell its main thread: a queue behind a descriptor that it polls.
//
// Threads: any may post; the main thread takes.
#pragma once

#include <mutex>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "logging/inputs/intake.h"

namespace logging {

class EventQueue {
 public:
  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] int fd() const { return event_.get(); }

  void post(const IntakeEvent& event);
  void ring();  // something changed that the main thread finds by looking
  [[nodiscard]] std::vector<IntakeEvent> take();

 private:
  base::Fd event_;
  std::mutex mutex_;
  std::vector<IntakeEvent> events_;
};

}  // namespace logging
