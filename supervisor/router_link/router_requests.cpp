// What others ask of the router by way of router_link.h.
#include <fmt/format.h>

#include <algorithm>

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

void RouterLink::await_line(ServiceLogs& logs, std::uint16_t incarnation,
                            std::vector<std::string> regexes) {
  logs.set_awaited(ServiceLogs::Awaited{incarnation, std::move(regexes)});
  if (socket_.valid()) {
    send_awaited(logs);
    pump();
  }  // else the next router is told (begin_handing_over)
}

void RouterLink::send_awaited(const ServiceLogs& logs) {
  if (logs.awaited()) {
    enqueue(logging::AwaitLineMessage{.service_id = logs.identity().service_id,
                                      .incarnation = logs.awaited()->incarnation,
                                      .regexes = logs.awaited()->regexes});
  }
}

void RouterLink::on_line_seen(const logging::LineSeenMessage& seen) {
  ServiceLogs* logs = find_service(seen.service_id);
  if (logs != nullptr && logs->awaited() && logs->awaited()->incarnation == seen.incarnation) {
    logs->set_awaited(std::nullopt);
    parts_.owner.on_line_seen(*logs);
  }
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

base::Result<void> RouterLink::manage_spool(const std::string& sink, logging::SpoolAction action,
                                            const base::Fd& pipe) {
  const Outgoing out{
      .bytes = logging::encode_message(logging::SpoolMessage{.sink = sink, .action = action}),
      .fds = {pipe.get()}};
  if (!ready_ || changing_ || !queue_.empty() || !send(out)) {
    return base::fail(
        base::ErrorCode::kUnavailable,
        fmt::format("cannot reach the spool of {}: the router is not ready; try again", sink));
  }
  return {};
}

base::Result<void> RouterLink::set_dead_letters(const std::vector<std::string>& sinks,
                                                std::uint64_t ring_capacity) {
  for (const std::string& sink : sinks) {
    if (std::ranges::find(dead_letters_, sink, &DeadLetterPipe::sink) != dead_letters_.end()) {
      continue;
    }
    TRY_ASSIGN(ServiceLogs * logs,
               add_service({.service_id = 0, .name = "dead_letters." + sink, .sinks = {sink}},
                           ring_capacity));
    TRY_ASSIGN(base::Fd write, logs->open_message_pipe(logging::Stream::kStdout));
    dead_letters_.push_back({.sink = sink, .logs = logs, .write = std::move(write)});
  }
  std::erase_if(dead_letters_, [&](const DeadLetterPipe& pipe) {
    const bool gone = std::ranges::find(sinks, pipe.sink) == sinks.end();
    if (gone) {
      remove_service(*pipe.logs);
    }
    return gone;
  });
  return {};
}

RouterLink::Outgoing RouterLink::dead_letters_outgoing() {
  const DeadLetterPipe& pipe = dead_letters_[dead_letters_sent_];
  return {.bytes = logging::encode_message(
              logging::DeadLettersMessage{.sink = pipe.sink, .had_writer = pipe.had_writer}),
          .fds = {pipe.write.get()}};
}

void RouterLink::drain(std::uint64_t deadline_monotonic_ns) {
  drain_deadline_ns_ = deadline_monotonic_ns;
  enqueue(logging::DrainMessage{.deadline_monotonic_ns = deadline_monotonic_ns});
  pump();
}

}  // namespace supervisor
