// Turns a request line into an answer, over the port. No sockets, no clock, no loop.
//
// An answer is either chunks to send, or a Hold: what the client waits for, to be asked again with
// review() whenever a service has changed. Owner: ControlServer; the port outlives it.
// Threads: PID 1's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "supervisor/control/arrival.h"
#include "supervisor/control/control_port.h"
#include "supervisor/control/control_server.h"
#include "supervisor/control/request.h"

namespace supervisor {

/// Bytes that go out together with descriptors (at most kFdsMax, attached to the first byte).
struct OutputChunk {
  static constexpr std::size_t kFdsMax = 32;
  std::string bytes;
  std::vector<base::Fd> fds;
};

/// What a held client waits for: every service of `services`.
struct Hold {
  struct Place {
    std::string service;
    std::uint64_t before = 0;  // as for find_arrival()
    std::string error;         // the request itself was refused for this one
  };
  Goal goal = Goal::kStarted;
  std::string_view phrase;  // "cannot stop": of an error's text
  /// How many reloads of the configuration had ended: it waits for the next one, not for services.
  std::optional<std::uint64_t> config_reloads = std::nullopt;
  /// How many upgrades had failed: it waits for the next one to, or for the birl behind it.
  std::optional<std::uint64_t> upgrades = std::nullopt;
  std::vector<Place> services;
  std::uint64_t timeout_ms = 0;
};

struct Answer {
  std::vector<OutputChunk> chunks;
  std::optional<EventCursor> follow;  // then the chunks are those that come, without an end
  std::optional<Hold> hold;           // then there are no chunks yet
  std::optional<DebugFault> fault;    // to be committed once the chunks are sent
};

[[nodiscard]] Answer make_answer(std::string json);
[[nodiscard]] Answer make_error_answer(const base::Error& error);
/// What the birl that has taken over answers to whoever asked for it: a line of JSON.
[[nodiscard]] std::string make_upgrade_answer(const UpgradeReport& report);

class RequestHandler {
 public:
  RequestHandler(ControlPort& port, const ControlAccess& access, const ControlLimits& limits)
      : port_(port), access_(access), limits_(limits) {}

  [[nodiscard]] Answer handle(std::string_view line, const Caller& caller);

  /// The answer of a held request once all services have arrived or failed; nullopt: not yet.
  [[nodiscard]] std::optional<Answer> review(const Hold& hold) const;
  [[nodiscard]] Answer time_out(const Hold& hold) const;

  /// What a follower is to be sent next, at most ControlLimits::follow_bytes; empty: nothing yet.
  [[nodiscard]] std::string follow(EventCursor& cursor) const;

 private:
  void expand_names(Request& request) const;
  [[nodiscard]] base::Result<Answer> scale(const Request& request);
  [[nodiscard]] base::Result<void> check_rights(const Request& request, const std::string& verb,
                                                const Caller& caller) const;
  base::Result<Answer> dispatch(const Request& request);
  base::Result<Answer> status(const Request& request);
  base::Result<Answer> explain(const Request& request) const;
  base::Result<Answer> events(const Request& request) const;
  base::Result<Answer> transition(const Request& request);
  base::Result<Answer> reload_config(const Request& request);
  [[nodiscard]] std::optional<Answer> review_config(std::uint64_t reloads_before) const;
  [[nodiscard]] base::Result<void> check_upgrade_rights(const Caller& caller) const;
  base::Result<Answer> upgrade(const Request& request);
  [[nodiscard]] std::optional<Answer> review_upgrade(std::uint64_t upgrades_before) const;
  base::Result<Answer> wait(const Request& request);
  base::Result<Answer> tap(const Request& request);
  base::Result<Answer> manage_spool(const Request& request);
  base::Result<Answer> logs(const Request& request);
  base::Result<Answer> healthy(const Request& request);
  base::Result<Answer> debug_fault(const Request& request) const;
  base::Result<void> begin(Verb verb, const std::string& service);
  base::Result<std::vector<Hold::Place>> find_places(const Request& request) const;
  Answer hold_or_answer(Hold hold) const;

  ControlPort& port_;
  ControlAccess access_;
  ControlLimits limits_;
};

}  // namespace supervisor
