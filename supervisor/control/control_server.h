// The control socket's server end, in PID 1: reads one request line per connection, answers one
// line of JSON (`logs`: several, with descriptors) and closes.
//
// Whatever a client does costs PID 1 a bounded amount: requests are at most `request_bytes` long
// and must come within `request_ms`; answers are at most `reply_bytes` and are dropped when nobody
// reads them for `reply_ms`; there are at most `clients`. When all places are taken, the client
// that has been idle longest gives its place up (readers of requests first, then slow readers, then
// those who wait for a service), but none before it had `grace_ms`; until then new ones wait in the
// kernel's backlog, so that a burst of honest clients is served in turn. Who follows events stays
// as long as it likes, and is given what comes when it has read what it got: the events it is
// behind are in the EventLog, not here. There are at most `followers`; when all places are taken,
// one that has read nothing for `reply_ms` gives its place up to a new one.
// Root, birl's own user and the configured group may everything; whoever else can connect (the
// socket's mode) may what a service's `allow` says.
// Protocol: protocol.h. Threads: the loop's. Owner: init.cpp; the loop and the port outlive it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "base/loop.h"
#include "base/result.h"
#include "supervisor/control/control_port.h"

namespace supervisor {

struct ControlLimits {
  std::size_t clients = 16;
  std::size_t followers = 8;                          // of the clients: those who follow events
  std::size_t follow_bytes = std::size_t{16} << 10U;  // that wait for one follower to read
  std::size_t request_bytes = 4096;
  std::size_t reply_bytes = std::size_t{4} << 20U;
  std::size_t log_sources = 2048;
  std::uint64_t request_ms = 10'000;
  std::uint64_t reply_ms = 30'000;
  std::uint64_t grace_ms = 250;
  std::uint64_t wait_ms = 60'000;         // for a service, unless the request says `--timeout`
  std::uint64_t wait_ms_max = 3'600'000;  // whatever the request says
};

/// Who is answered beside root. `faults`: debug-fault is a request (BIRL_DEBUG_FAULTS=1 at start).
struct ControlAccess {
  uid_t user = 0;
  std::optional<gid_t> group;
  enum class Faults { kForbidden, kAllowed } faults = Faults::kForbidden;
};

class ControlServer {
 public:
  /// `listener` is a listening, non-blocking stream socket (base::listen_unix).
  [[nodiscard]] static base::Result<std::unique_ptr<ControlServer>> open(
      base::Loop& loop, base::Fd listener, ControlPort& port, const ControlAccess& access,
      const ControlLimits& limits = {});
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Of those who ask from now on.
  void set_access(const ControlAccess& access);

  /// Some service changed its state. Cheap, and allowed from inside a call of the port: those who
  /// wait are looked at in the loop's next turn.
  void on_state_change();

  /// Something was put into the port's event log: followers are told in the loop's next turn.
  void on_event();
  /// Gives followers what they can take at once; the instance ends.
  void flush_followers();

  [[nodiscard]] std::size_t client_count() const;
  /// The sockets of those who asked for a live upgrade, which outlasts the server.
  [[nodiscard]] std::vector<int> waiting_for_upgrade() const;

 private:
  class Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace supervisor
