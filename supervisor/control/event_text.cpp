#include "supervisor/control/event_text.h"

#include <fmt/format.h>

#include <vector>

namespace supervisor {

namespace {

std::vector<std::string> list_details(const EventLine& event) {
  std::vector<std::string> details;
  if (event.pid) {
    details.push_back(fmt::format("pid {}", *event.pid));
  }
  if (event.exit_code) {
    details.push_back(fmt::format("exit code {}", *event.exit_code));
  }
  if (!event.signal.empty()) {
    details.push_back("signal " + event.signal);
  }
  if (event.delay_ms) {
    details.push_back(fmt::format("again in {} ms", *event.delay_ms));
  }
  if (event.missed) {
    details.push_back(fmt::format("{} events are missing", *event.missed));
  }
  return details;
}

}  // namespace

std::string format_event(const EventLine& event) {
  std::string text = event.time.empty() ? "" : event.time + " ";
  const std::string& subject = event.service.empty() ? event.stage : event.service;
  text += fmt::format("{}: {}", subject.empty() ? "birl" : subject, event.event);
  if (!event.reason.empty()) {
    text += ", " + event.reason;
  }
  const std::vector<std::string> details = list_details(event);
  return details.empty() ? text : fmt::format("{} ({})", text, fmt::join(details, ", "));
}

}  // namespace supervisor
