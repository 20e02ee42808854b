// What the control socket may ask of PID 1. The server (control_server.h) calls it; init.cpp
// implements it over the fleet, tests fake it.
//
// start, stop, restart and reload only *begin*: they return as soon as the request is taken. The
// server then holds the client's answer, is told by ControlServer::on_state_change() that something
// moved, and looks at progress() until the service has arrived. So no call here waits, and a port
// needs no list of whom to answer. Errors become the answer: kNotFound no such service (exit 3),
// kInvalid a bad argument (exit 2), others exit 1. Threads: PID 1's one thread; calls come from
// inside its loop, never from inside another call of the port.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "logging/handoff/handoff_messages.h"
#include "supervisor/control/event_log.h"
#include "supervisor/control/status_json.h"

namespace supervisor {

/// Where a service stands, for answering those who wait for it.
struct ServiceProgress {
  std::string state;         // as in ServiceStatus
  bool ready = false;        // as in ServiceStatus
  std::uint64_t starts = 0;  // how often it has entered `starting` since boot
  std::string reason;
  bool scheduled = false;      // it runs now and then; `reason` of `waiting` is of a failed run
  std::uint64_t reloads = 0;   // how many have ended
  std::string reload_error{};  // of the last one
};

/// Reading the configuration again. Names as in config/config_diff.h.
struct ConfigReloadProgress {
  bool under_way = false;
  bool router_ready = true;  // the router has taken the last one over
  std::uint64_t ended = 0;   // how many, since boot
  // Of the last one:
  std::optional<base::Error> error;   // then nothing was changed
  std::vector<std::string> messages;  // what was said about the configuration
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> restarted;
  std::vector<std::string> updated;
  std::vector<std::string> sinks;
  std::vector<std::string> live;
  std::vector<std::string> later;
};

/// `birl upgrade`. One that succeeds is answered by the birl that has taken over.
struct UpgradeProgress {
  bool under_way = false;
  std::uint64_t ended = 0;           // how many have failed, since this birl runs
  std::optional<base::Error> error;  // of the last one
};

/// What a live upgrade has come to.
struct UpgradeReport {
  std::string version;
  std::string former_version;
  std::string binary;
  std::int64_t pid = 0;
};

/// One ring for `birl logs`: `ring` is a read-only description (base::reopen_read_only).
struct LogSource {
  std::string name;
  base::Fd ring;
};

enum class SignalTarget { kProcess, kGroup };

/// Who asks: one of the owners, who may everything, or a member of `groups`.
struct Caller {
  bool is_owner = true;
  uid_t uid = 0;
  std::vector<gid_t> groups = {};
};

class ControlPort {
 public:
  virtual ~ControlPort() = default;

  [[nodiscard]] virtual StatusReport status() = 0;
  [[nodiscard]] virtual std::vector<std::string> service_names() const = 0;
  /// Whether the configuration lets somebody who is no owner do that with the service.
  [[nodiscard]] virtual bool is_allowed(const std::string& service, std::string_view verb,
                                        std::span<const gid_t> groups) const = 0;
  /// nullopt: there is no such service.
  [[nodiscard]] virtual std::optional<ServiceProgress> progress(
      const std::string& service) const = 0;

  /// Why it is as it is and what comes next, one fact a line. The service exists.
  [[nodiscard]] virtual std::vector<std::string> explain(const std::string& service) const = 0;

  [[nodiscard]] virtual const EventLog& events() const = 0;
  /// The machines' last inputs, as JSON (machine/trace_json.h).
  [[nodiscard]] virtual std::string trace() const = 0;

  /// Starting what runs and stopping what is stopped succeeds and does nothing. A failed request
  /// (an instance that is shutting down) is told at once.
  [[nodiscard]] virtual base::Result<void> start(const std::string& service) = 0;
  [[nodiscard]] virtual base::Result<void> stop(const std::string& service) = 0;
  [[nodiscard]] virtual base::Result<void> restart(const std::string& service) = 0;
  [[nodiscard]] virtual base::Result<void> reload(const std::string& service) = 0;

  /// Has so many instances of a service. kInvalid: it has no `instances`.
  [[nodiscard]] virtual base::Result<void> scale(const std::string& service,
                                                 std::uint32_t count) = 0;

  /// Begins to read the configuration again; config_reload() tells how it went.
  [[nodiscard]] virtual base::Result<void> reload_config() = 0;
  [[nodiscard]] virtual ConfigReloadProgress config_reload() const = 0;

  /// `signal` as the user wrote it: TERM, SIGTERM, 15, RTMIN+3.
  [[nodiscard]] virtual base::Result<void> signal(const std::string& service,
                                                  const std::string& signal,
                                                  SignalTarget target) = 0;

  /// Has the files of a sink rotated, of all file sinks when empty, as soon as the router comes to
  /// it. kNotFound: no such sink; kInvalid: it has no files.
  [[nodiscard]] virtual base::Result<void> rotate(const std::string& sink) = 0;

  /// A pipe that gets a copy of what the sink writes. kNotFound: no such sink; kUnavailable: the
  /// router is being replaced.
  [[nodiscard]] virtual base::Result<base::Fd> tap(const std::string& sink) = 0;

  /// Does it with the sink's spool; what came of it, a JSON object, comes out of the pipe. Errors
  /// as of tap(); kInvalid: it has none.
  [[nodiscard]] virtual base::Result<base::Fd> manage_spool(const std::string& sink,
                                                            logging::SpoolAction action) = 0;

  /// The rings of `services`, all when empty. At most ControlLimits::log_sources.
  [[nodiscard]] virtual base::Result<std::vector<LogSource>> log_sources(
      std::span<const std::string> services) = 0;

  /// Begins to put `binary` in this birl's place; empty: the file that this one came from.
  /// kInvalid: no absolute path; kUnavailable: not now, for services stop or are being started for
  /// the first time.
  [[nodiscard]] virtual base::Result<void> upgrade(const std::string& binary) = 0;
  [[nodiscard]] virtual UpgradeProgress upgrade_progress() const = 0;

  /// Begins the orderly shutdown; with `exit_code` the instance ends with that. The answer is sent
  /// before the loop goes on.
  [[nodiscard]] virtual base::Result<void> shutdown(std::optional<std::int32_t> exit_code) = 0;
};

}  // namespace supervisor
