#include "supervisor/process/notification.h"

#include <algorithm>

#include "base/text.h"

namespace supervisor {
namespace {

/// Also makes UTF-8 of bytes that are none: each that is not plain text becomes `?`.
std::string make_printable(std::string_view text) {
  std::string printable(text.substr(0, NotificationLimits::kStatusBytesMax));
  std::ranges::replace_if(
      printable, [](char c) { return static_cast<unsigned char>(c) < ' ' || c >= '\x7f' || c < 0; },
      '?');
  return printable;
}

/// As FDNAME is restricted: ASCII without control characters and without the `:` between names.
bool is_fd_name(std::string_view name) {
  return name.size() <= NotificationLimits::kFdNameBytesMax &&
         std::ranges::all_of(name, [](char c) { return c >= ' ' && c < '\x7f' && c != ':'; });
}

bool read_fd_line(Notification& notification, std::string_view name, std::string_view value) {
  if (name == "FDSTORE") {
    notification.fd_store = notification.fd_store || value == "1";
  } else if (name == "FDSTOREREMOVE") {
    notification.fd_store_remove = notification.fd_store_remove || value == "1";
  } else if (name == "FDPOLL") {
    notification.fd_poll = notification.fd_poll && value != "0";
  } else if (name == "FDNAME") {
    notification.fd_name = is_fd_name(value) ? value : "";
  } else {
    return false;
  }
  return true;
}

void read_line(Notification& notification, std::string_view name, std::string_view value) {
  if (read_fd_line(notification, name, value)) {
    return;
  }
  if (name == "READY") {
    notification.ready = notification.ready || value == "1";
  } else if (name == "STOPPING") {
    notification.stopping = notification.stopping || value == "1";
  } else if (name == "RELOADING") {
    notification.reloading = notification.reloading || value == "1";
  } else if (name == "WATCHDOG") {
    notification.watchdog = notification.watchdog || value == "1";
    notification.watchdog_trigger = notification.watchdog_trigger || value == "trigger";
  } else if (name == "WATCHDOG_USEC") {
    notification.watchdog_us = base::parse_decimal(value);
  } else if (name == "EXTEND_TIMEOUT_USEC") {
    const auto more_us = base::parse_decimal(value);
    notification.extend_us =
        more_us ? std::optional(std::min(*more_us, NotificationLimits::kExtendUsMax))
                : std::nullopt;
  } else if (name == "MAINPID") {
    const auto pid = base::parse_decimal(value);
    const bool is_pid = pid && *pid > 1 && *pid <= NotificationLimits::kPidMax;
    notification.main_pid = is_pid ? std::optional(static_cast<pid_t>(*pid)) : std::nullopt;
  } else if (name == "STATUS") {
    notification.status = make_printable(value);
  }
}

}  // namespace

Notification parse_notification(std::string_view datagram) {
  Notification notification;
  for (const std::string_view line : base::split(datagram, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      read_line(notification, line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return notification;
}

}  // namespace supervisor
