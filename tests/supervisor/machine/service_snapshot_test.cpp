// A service machine as plain data: whatever has happened to it, its copy goes on as it does.
#include "supervisor/machine/service_snapshot.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/supervisor/machine/machine_driver.h"

namespace supervisor {
namespace {

ServiceRules make_rules(std::uint32_t kind) {
  ServiceRules rules;
  rules.name = "web";
  rules.type = kind % 3 == 1 ? ServiceType::kOneshot : ServiceType::kDaemon;
  rules.stop_to = kind % 2 == 0 ? StopTo::kProcess : StopTo::kGroup;
  rules.has_stop_command = kind % 5 == 2;
  rules.has_exit_hook = kind % 7 == 3;
  rules.sweeps = kind % 2 == 1;
  rules.checks.ready = kind % 4 == 1 ? ReadySource::kItself : ReadySource::kStart;
  rules.ready_timeout_ns = 5 * base::kNsPerSecond;
  rules.restart_limit = {.count = 3, .within = base::seconds(60), .then = RestartLimitThen::kStop};
  return rules;
}

/// Anything that the world may say, late and wrong things too.
ServiceEvent make_event(std::mt19937& random, const ServiceMachine& machine) {
  const auto pick = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(random() % below);
  };
  const std::uint32_t kinds = static_cast<std::uint32_t>(ServiceEventKind::kMainPid) + 1;
  ServiceEvent event{.kind = static_cast<ServiceEventKind>(pick(kinds))};
  event.pid =
      machine.pid() != 0 && pick(4) != 0 ? machine.pid() : static_cast<pid_t>(100 + pick(9));
  event.group = event.pid;
  event.incarnation = machine.incarnation();
  event.exit =
      pick(2) == 0 ? ExitStatus::exited(static_cast<int>(pick(3))) : ExitStatus::signaled(9);
  event.text = pick(2) == 0 ? "" : "because";
  event.generation = machine.timer() ? machine.timer()->generation : 0;
  event.hook = static_cast<HookKind>(pick(3));
  event.held = pick(4) == 0;
  if (event.kind == ServiceEventKind::kShutdown || event.kind == ServiceEventKind::kHurry) {
    event.kind = ServiceEventKind::kStart;  // a fleet that ends is not carried over
  }
  return event;
}

std::vector<std::byte> encoded(const ServiceMachine& machine) {
  return base::Encoder::encode(machine.snapshot());
}

/// A copy by way of bytes, as a live upgrade makes it.
struct Copy {
  Copy(const ServiceMachine& original, const RecordingPort& world)
      : machine(original.id(), original.rules(), port) {
    port.groups_alive = world.groups_alive;
    const auto snapshot = base::Decoder::decode<ServiceSnapshot>(encoded(original));
    EXPECT_TRUE(snapshot && check_service_snapshot(*snapshot));
    machine.restore(snapshot.value_or(ServiceSnapshot()), original.next_rules());
  }
  RecordingPort port;
  ServiceMachine machine;
};

/// `early_main_pid` alone is not carried over: no spawn is under way then.
bool may_be_copied(const ServiceMachine& machine) {
  return machine.child() != ChildPhase::kSpawning;
}

TEST(ServiceSnapshotTest, ACopyDoesWhatTheOriginalDoesWhateverHappens) {
  std::size_t copies = 0;
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    MachineDriver original(make_rules(seed));
    original.start();
    for (int turn = 0; turn < 60; ++turn) {
      original.now_ns += (random() % 2000) * base::kNsPerMs;
      if (random() % 3 == 0) {
        original.port().groups_alive = {100, 101};
      } else {
        original.port().groups_alive.clear();
      }
      const ServiceEvent event = make_event(random, original.machine());
      if (!may_be_copied(original.machine())) {
        original.step(event);
        continue;
      }
      Copy copy(original.machine(), original.port());
      ++copies;
      const Effects effects = original.step(event);
      copy.machine.step(event, original.now_ns);
      ASSERT_EQ(copy.port.take(), effects) << "seed " << seed << ", turn " << turn;
      ASSERT_EQ(encoded(copy.machine), encoded(original.machine()))
          << "seed " << seed << ", turn " << turn;
    }
  }
  EXPECT_GT(copies, 10'000U);
}

TEST(ServiceSnapshotTest, RulesOfTheNextStartAreTakenAtTheNextStart) {
  ServiceRules rules = make_rules(0);
  RecordingPort port;
  const ServiceMachine before(0, rules, port);
  ServiceMachine machine(0, rules, port);
  ServiceRules next = rules;
  next.stop_signal = 3;
  ServiceSnapshot snapshot = before.snapshot();
  snapshot.state = ServiceState::kRunning;
  snapshot.child = static_cast<std::uint8_t>(ChildPhase::kAlive);
  snapshot.pid = 100;
  snapshot.group = 100;
  snapshot.has_next_rules = true;
  machine.restore(snapshot, next);
  EXPECT_EQ(machine.rules().stop_signal, 15);
  EXPECT_EQ(machine.next_rules().stop_signal, 3);
}

TEST(ServiceSnapshotTest, WhatNoMachineCanBeIsRefused) {
  const ServiceSnapshot rest;
  EXPECT_TRUE(check_service_snapshot(rest));
  ServiceSnapshot running = rest;
  running.state = ServiceState::kRunning;
  EXPECT_FALSE(check_service_snapshot(running)) << "without a process";
  running.child = static_cast<std::uint8_t>(ChildPhase::kAlive);
  running.pid = 1;
  running.group = 1;
  EXPECT_FALSE(check_service_snapshot(running)) << "which is birl itself";
  running.pid = 100;
  running.group = 100;
  EXPECT_TRUE(check_service_snapshot(running));
  ServiceSnapshot backoff = rest;
  backoff.state = ServiceState::kBackoff;
  EXPECT_FALSE(check_service_snapshot(backoff)) << "without a timer";
  ServiceSnapshot unknown = rest;
  unknown.state = static_cast<ServiceState>(77);
  EXPECT_FALSE(check_service_snapshot(unknown));
  unknown = rest;
  unknown.goal = 4;
  EXPECT_FALSE(check_service_snapshot(unknown));
}

}  // namespace
}  // namespace supervisor
