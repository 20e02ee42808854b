// What others ask of the router by way of router_link.h.
#include <fmt/format.h>

#include "supervisor/router_link/router_link.h"

namespace supervisor {

void RouterLink::reopen() {
  enqueue(logging::ReopenMessage{});
  pump();
}

void RouterLink::rotate(const std::string& sink) {
  enqueue(logging::RotateMessage{.sink = sink});
  pump();
}

base::Result<void> RouterLink::tap(const std::string& sink, const base::Fd& pipe) {
  const Outgoing out{.bytes = logging::encode_message(logging::TapMessage{.sink = sink}),
                     .fds = {pipe.get()}};
  if (!ready_ || changing_ || !queue_.empty() || !send(out)) {
    return base::fail(base::ErrorCode::kUnavailable,
                      fmt::format("cannot tap {}: the router is not ready; try again", sink));
  }
  return {};
}

void RouterLink::drain(std::uint64_t deadline_monotonic_ns) {
  drain_deadline_ns_ = deadline_monotonic_ns;
  enqueue(logging::DrainMessage{.deadline_monotonic_ns = deadline_monotonic_ns});
  pump();
}

}  // namespace supervisor
