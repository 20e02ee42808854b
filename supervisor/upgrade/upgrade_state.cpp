#include "supervisor/upgrade/upgrade_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "logging/handoff/ring_layout.h"
#include "supervisor/config/config.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/spawn.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint8_t kHookLast = 2;  // ServiceHook::kStop: those of a reload are waited for

base::Unexpected contradiction(std::string_view what) {
  return base::fail(base::ErrorCode::kDamaged,
                    fmt::format("cannot take over from the running birl: {}", what));
}

Result<void> check_descriptors(const UpgradeState& state) {
  std::vector<int> all = collect_kept_fds(state);
  std::ranges::sort(all);
  const bool names_standard = !all.empty() && all.front() <= 2;
  if (names_standard || std::ranges::adjacent_find(all) != all.end()) {
    return contradiction("a descriptor has two owners");
  }
  for (const KeptFd fd :
       {state.runtime_lock, state.control_listener, state.message_pipe, state.router.state,
        state.router.staging_read, state.router.staging_write}) {
    if (fd.number < 0) {
      return contradiction("a descriptor is missing");
    }
  }
  return {};
}

Result<void> check_logs(const UpgradeState& state) {
  std::set<std::uint32_t> ids;
  for (const KeptLogs& logs : state.router.services) {
    std::set<std::uint32_t> slots;
    for (const KeptPipe& pipe : logs.pipes) {
      if (pipe.info.slot >= logging::RingLimits::kPipes || pipe.read.number < 0 ||
          !slots.insert(pipe.info.slot).second) {
        return contradiction(fmt::format("{} has a pipe that cannot be", logs.name));
      }
    }
    if (logs.ring.number < 0 || !ids.insert(logs.service_id).second) {
      return contradiction(fmt::format("{} has no ring", logs.name));
    }
  }
  bool all_there = std::ranges::all_of(
      state.router.dead_letters,
      [&](const KeptDeadLetters& letters) { return ids.contains(letters.service_id); });
  for (std::size_t id = 0; id < state.slots.size(); ++id) {
    const bool is_gone = state.fleet.members[id].removed && state.slots[id].logs_id == kNoLogs;
    all_there = all_there && (is_gone || ids.contains(state.slots[id].logs_id));
  }
  return all_there ? Result<void>() : Result<void>(contradiction("a service has no logs"));
}

Result<void> check_services(const UpgradeState& state) {
  if (state.slots.size() != state.fleet.members.size()) {
    return contradiction("services are missing");
  }
  TRY(check_fleet_snapshot(state.fleet));
  for (const KeptSlot& slot : state.slots) {
    if (slot.name.empty() || slot.stdio > static_cast<std::uint8_t>(StdioMode::kInherit) ||
        slot.terminal > static_cast<std::uint8_t>(TerminalMode::kForegroundGroup)) {
      return contradiction(fmt::format("service {} cannot be so", slot.name));
    }
  }
  const auto is_service = [&](const auto& of) { return of.service < state.slots.size(); };
  const bool hooks_fit = std::ranges::all_of(state.hooks, [&](const KeptHook& hook) {
    return is_service(hook) && hook.hook <= kHookLast && hook.pid > 1;
  });
  const bool checks_fit = std::ranges::all_of(
      state.checks, [&](const KeptCheck& check) { return is_service(check) && check.pid > 1; });
  return hooks_fit && checks_fit ? Result<void>()
                                 : Result<void>(contradiction("a process belongs to no service"));
}

}  // namespace

Result<void> check_upgrade_state(const UpgradeState& state) {
  if (state.runtime_directory.empty() ||
      state.terminal > static_cast<std::uint8_t>(TerminalMode::kForegroundGroup)) {
    return contradiction("it says nothing of its surroundings");
  }
  TRY(check_descriptors(state));
  TRY(check_services(state));
  TRY(check_logs(state));
  const bool children_fit =
      std::ranges::all_of(state.last_resort.children, [](const KeptChild& child) {
        return child.pid > 1 && child.role <= static_cast<std::uint8_t>(LastResortRole::kRouter);
      });
  return children_fit ? Result<void>() : Result<void>(contradiction("a child cannot be"));
}

}  // namespace supervisor
