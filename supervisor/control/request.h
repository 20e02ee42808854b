// A request as a value: what the words of a request line ask for.
//
//     status [NAME]
//     explain NAME
//     start | stop | restart NAME... [--no-wait] [--timeout DURATION]
//     scale NAME N [--no-wait] [--timeout DURATION]
//     reload [NAME...] [--no-wait] [--timeout DURATION]        (no name: the configuration)
//     events [NAME...] [--follow] [--since SEQUENCE]
//     trace
//     wait NAME... [--for ready|stopped|failed] [--timeout DURATION]
//     signal SIGNAL NAME [--group]
//     rotate [SINK]
//     tap SINK
//     spool replay|drop|drop-dead SINK
//     logs [NAME...]
//     shutdown [--exit-code N]
//     upgrade [BINARY]
//     healthy [NAME...] [--live]
//     version
//     debug-fault abort|segv|bad_alloc|ebadf      (only with BIRL_DEBUG_FAULTS=1)
//
// The words are those of the command line, so there is one language to learn. Pure. Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/control/control_port.h"

namespace supervisor {

enum class Verb : std::uint8_t {
  kStatus,
  kExplain,
  kEvents,
  kTrace,
  kStart,
  kStop,
  kRestart,
  kReload,
  kScale,
  kWait,
  kSignal,
  kRotate,
  kTap,
  kSpool,
  kLogs,
  kShutdown,
  kUpgrade,
  kHealthy,
  kVersion,
  kDebugFault,
};

enum class WaitMode : std::uint8_t { kWait, kNoWait };
enum class WaitFor : std::uint8_t { kReady, kStopped, kFailed };
enum class FollowMode : std::uint8_t { kOnce, kFollow };
enum class HealthScope : std::uint8_t { kReady, kLive };
enum class DebugFault : std::uint8_t { kAbort, kSegv, kBadAlloc, kEbadf };

struct Request {
  Verb verb = Verb::kStatus;
  std::vector<std::string> names;
  std::string signal;
  SignalTarget target = SignalTarget::kProcess;
  WaitMode wait_mode = WaitMode::kWait;
  WaitFor wait_for = WaitFor::kReady;
  HealthScope scope = HealthScope::kReady;
  DebugFault fault = DebugFault::kAbort;
  logging::SpoolAction spool_action = logging::SpoolAction::kReplay;
  FollowMode follow = FollowMode::kOnce;
  std::optional<std::uint64_t> since;
  std::optional<std::uint64_t> timeout_ms;
  std::uint32_t count = 0;  // kScale
  std::optional<std::int32_t> exit_code;
};

/// kInvalid: no such verb (the nearest is named), an option it does not have, too few or many
/// names.
[[nodiscard]] base::Result<Request> parse_request(std::span<const std::string> words);

}  // namespace supervisor
