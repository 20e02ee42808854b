// How it is known that a service is ready and well: `ready` and `health` of a service.
// Lifetime: values. Threads: immutable after loading.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/command.h"
#include "base/one_or_several.h"
#include "base/units.h"

namespace supervisor {

using base::Command;

enum class UnhealthyThen : std::uint8_t { kRestart, kShutdown, kNone };
[[nodiscard]] constexpr auto enum_names(UnhealthyThen) {
  return std::array<std::string_view, 3>{"restart", "shutdown", "none"};
}

/// What a tcp check connects to: a port, host:port or unix:/path (process/probe_target.h).
struct TcpTarget {
  std::string text;  // empty: none

  [[nodiscard]] bool empty() const { return text.empty(); }
  template <typename V>
  void visit(V& v) {
    v.field("text", text);
  }
};

/// How it is known that a service is ready. At most one of the first seven is set; none: it is
/// ready once it runs.
struct ReadyConfig {
  std::optional<std::int32_t> fd;
  bool sd_notify = false;
  TcpTarget tcp;
  std::string http;
  Command command;
  std::string file;
  base::Regexes log_line;  // any of them
  base::Duration interval = base::milliseconds(250);
  std::optional<base::Duration> timeout;  // unset: none

  template <typename V>
  void visit(V& v) {
    v.field("fd", fd, "ready when it writes a newline to this descriptor");
    v.field("sd_notify", sd_notify, "ready when it sends READY=1 to $NOTIFY_SOCKET");
    v.field("tcp", tcp, "ready when this accepts: a port, host:port or unix:/path");
    v.field("http", http, "ready when this URL answers with 200 to 399");
    v.field("command", command, "ready when this command succeeds");
    v.field("file", file, "ready when this path exists");
    v.field("log_line", log_line, "ready when it writes a line that this regex is found in");
    v.field("interval", interval, "pause between two looks");
    v.field("timeout", timeout, "the longest start; then it counts as a crash");
  }
};

/// At most one of the first four is set; none: its health is not looked at.
struct HealthConfig {
  std::string http;
  TcpTarget tcp;
  Command command;
  bool watchdog = false;
  base::Duration interval = base::seconds(10);
  base::Duration timeout = base::seconds(3);
  std::uint32_t failures = 3;
  base::Duration start_period{0};
  UnhealthyThen then = UnhealthyThen::kRestart;

  template <typename V>
  void visit(V& v) {
    v.field("http", http, "healthy while this URL answers with 200 to 399");
    v.field("tcp", tcp, "healthy while this accepts: a port, host:port or unix:/path");
    v.field("command", command, "healthy while this command succeeds");
    v.field("watchdog", watchdog, "healthy while WATCHDOG=1 comes to $NOTIFY_SOCKET in time");
    v.field("interval", interval, "pause between two checks; longest one between two messages");
    v.field("timeout", timeout, "a check that takes longer is killed and has failed");
    v.field("failures", failures, "so many in a row make it unhealthy");
    v.field("start_period", start_period, "failures do not count so long after it is ready");
    v.field("then", then, "what an unhealthy service gets: restart, shutdown or none");
  }
};

}  // namespace supervisor
