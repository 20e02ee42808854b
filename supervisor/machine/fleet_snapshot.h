// A running fleet as plain data, for a live upgrade: its services, their checks and schedules.
//
// Not in it: rules, the graph of dependencies and the stages that have not begun, which are made
// anew from the configuration; the trace, which begins anew and is not `complete`. Only a fleet
// that is `running` is carried over: init is done, and the end has not begun. Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "supervisor/machine/service_snapshot.h"

namespace supervisor {

/// Members as in CheckMachine.
struct CheckSnapshot {
  std::uint8_t phase = 0;
  std::optional<std::uint8_t> purpose;
  std::uint32_t incarnation = 0;
  std::uint64_t number = 0;
  std::uint64_t due_ns = 0;
  std::uint64_t counts_from_ns = 0;
  std::uint32_t failures = 0;
  bool healthy = true;
  std::string failure;
  std::uint64_t watchdog_interval_ns = 0;  // the service may have chosen another; 0: none

  template <typename V>
  void visit(V& v) {
    v.field("phase", phase);
    v.field("purpose", purpose);
    v.field("incarnation", incarnation);
    v.field("number", number);
    v.field("due_ns", due_ns);
    v.field("counts_from_ns", counts_from_ns);
    v.field("failures", failures);
    v.field("healthy", healthy);
    v.field("failure", failure);
    v.field("watchdog_interval_ns", watchdog_interval_ns);
  }
};

/// Members as in ScheduleMachine.
struct ScheduleSnapshot {
  bool armed = false;
  bool queued = false;
  std::optional<std::uint64_t> due_ns;
  std::optional<std::int64_t> due_s;
  std::optional<std::int64_t> last_s;
  std::uint64_t skipped = 0;
  std::uint64_t missed = 0;

  template <typename V>
  void visit(V& v) {
    v.field("armed", armed);
    v.field("queued", queued);
    v.field("due_ns", due_ns);
    v.field("due_s", due_s);
    v.field("last_s", last_s);
    v.field("skipped", skipped);
    v.field("missed", missed);
  }
};

struct MemberSnapshot {
  ServiceSnapshot service;
  CheckSnapshot checks;
  ScheduleSnapshot schedule;
  bool removed = false;

  template <typename V>
  void visit(V& v) {
    v.field("service", service);
    v.field("checks", checks);
    v.field("schedule", schedule);
    v.field("removed", removed);
  }
};

struct FleetSnapshot {
  std::vector<MemberSnapshot> members;  // by ServiceId

  template <typename V>
  void visit(V& v) {
    v.field("members", members);
  }
};

/// kDamaged: no fleet can be so; says which member.
[[nodiscard]] base::Result<void> check_fleet_snapshot(const FleetSnapshot& snapshot);

}  // namespace supervisor
