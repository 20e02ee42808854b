// The delivery machine: single rules, then every sequence of answers to a small record, then seeded
// worlds with several requests at once. What holds always: each event ends once, as the destination
// said; records settle in order; no more requests than the window.
#include "shippers/delivery/delivery_machine.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/clock.h"

namespace shippers {
namespace {

using State = DeliveryMachine::State;

DeliveryMachine make_machine(std::uint32_t concurrency = 1, std::uint32_t attempts = 0) {
  return DeliveryMachine({.policy = RetryPolicy(base::kNsPerSecond, 60 * base::kNsPerSecond, 42),
                          .attempts = attempts,
                          .concurrency = concurrency});
}

Outcome answer(Verdict verdict) {
  Outcome outcome;
  outcome.verdict = verdict;
  return outcome;
}

Outcome partly(std::vector<EventVerdict> exceptions) {
  Outcome outcome;
  outcome.exceptions = std::move(exceptions);
  return outcome;
}

TEST(DeliveryMachineTest, ARecordIsSentWholeAndSettled) {
  DeliveryMachine machine = make_machine();
  machine.add(7, 3);
  const auto shipment = machine.next(1);
  ASSERT_EQ(shipment, (Shipment{.sequence = 7, .first = 0, .count = 3}));
  EXPECT_EQ(machine.next(1), std::nullopt);
  EXPECT_EQ(machine.take_settled(), std::nullopt);
  machine.on_outcome(*shipment, {}, 2);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 7, .rejected = {}}));
  EXPECT_EQ(machine.records(), 0U);
}

TEST(DeliveryMachineTest, ARetryWaitsAndSendsTheSameAgain) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 2);
  machine.add(2, 2);
  const auto shipment = machine.next(0);
  machine.on_outcome(*shipment, answer(Verdict::kRetry), 1000);
  EXPECT_EQ(machine.state(), State::kRetrying);
  const std::uint64_t due = machine.due_at_ns();
  EXPECT_GT(due, 1000U);
  EXPECT_EQ(machine.next(due - 1), std::nullopt);
  EXPECT_EQ(machine.next(due), shipment);
}

TEST(DeliveryMachineTest, RetryAfterIsObeyed) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 1);
  Outcome outcome = answer(Verdict::kRetry);
  outcome.retry_after_ns = 100 * base::kNsPerSecond;
  machine.on_outcome(*machine.next(0), outcome, 0);
  EXPECT_EQ(machine.due_at_ns(), 100 * base::kNsPerSecond);
}

TEST(DeliveryMachineTest, ALateSuccessDoesNotCutAWaitShort) {
  DeliveryMachine machine = make_machine(2);
  machine.add(1, 1);
  machine.on_outcome(*machine.next(0), {}, 0);
  machine.add(2, 1);
  machine.add(3, 1);
  const auto first = machine.next(0);
  const auto second = machine.next(0);
  ASSERT_TRUE(first && second);
  Outcome slow = answer(Verdict::kRetry);
  slow.retry_after_ns = 100 * base::kNsPerSecond;
  machine.on_outcome(*first, slow, 1);
  machine.on_outcome(*second, {}, 2);
  EXPECT_EQ(machine.state(), State::kRetrying);
  EXPECT_EQ(machine.next(50 * base::kNsPerSecond), std::nullopt);
}

TEST(DeliveryMachineTest, ASplitHalvesInOrder) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 3);
  machine.on_outcome(*machine.next(0), answer(Verdict::kSplit), 0);
  EXPECT_EQ(machine.state(), State::kOk);
  const auto first = machine.next(0);
  EXPECT_EQ(first, (Shipment{.sequence = 1, .first = 0, .count = 1}));
  machine.on_outcome(*first, {}, 0);
  const auto second = machine.next(0);
  EXPECT_EQ(second, (Shipment{.sequence = 1, .first = 1, .count = 2}));
  machine.on_outcome(*second, {}, 0);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {}}));
}

TEST(DeliveryMachineTest, AnEventTooLargeByItselfIsRejected) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 1);
  machine.on_outcome(*machine.next(0), answer(Verdict::kSplit), 0);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {0}}));
}

TEST(DeliveryMachineTest, ARejectIsHalvedUntilTheBadEventIsAlone) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 8);
  while (const auto shipment = machine.next(0)) {
    const bool bad = shipment->first <= 5 && 5 < shipment->first + shipment->count;
    machine.on_outcome(*shipment, answer(bad ? Verdict::kReject : Verdict::kAccepted), 0);
  }
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {5}}));
}

TEST(DeliveryMachineTest, AnIndivisibleRejectTakesAll) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 3);
  Outcome outcome = answer(Verdict::kReject);
  outcome.is_divisible = false;
  machine.on_outcome(*machine.next(0), outcome, 0);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {0, 1, 2}}));
}

TEST(DeliveryMachineTest, ADestinationThatRejectsAllIsNotAskedForEver) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 10'000);
  std::uint32_t requests = 0;
  while (const auto shipment = machine.next(0)) {
    machine.on_outcome(*shipment, answer(Verdict::kReject), 0);
    ++requests;
  }
  EXPECT_LE(requests, 2 * DeliveryLimits::kBisections + 1);
  EXPECT_EQ(machine.take_settled()->rejected.size(), 10'000U);
}

TEST(DeliveryMachineTest, AParkedDestinationIsTriedSlowlyAndKeepsAll) {
  DeliveryMachine machine = make_machine(1, 3);
  machine.add(1, 2);
  std::uint64_t now = 0;
  for (int round = 0; round < 10; ++round) {
    machine.on_outcome(*machine.next(now), answer(Verdict::kPark), now);
    EXPECT_EQ(machine.state(), State::kParked);
    EXPECT_EQ(machine.due_at_ns(), now + DeliveryLimits::kParkNs);
    now = machine.due_at_ns();
  }
  machine.on_outcome(*machine.next(now), {}, now);
  EXPECT_EQ(machine.state(), State::kOk);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {}}));
}

TEST(DeliveryMachineTest, HurryEndsAWait) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 1);
  machine.on_outcome(*machine.next(0), answer(Verdict::kPark), 0);
  EXPECT_EQ(machine.next(1), std::nullopt);
  machine.hurry();
  EXPECT_NE(machine.next(1), std::nullopt);
}

TEST(DeliveryMachineTest, AttemptsHaveALimitWhenOneIsSet) {
  DeliveryMachine machine = make_machine(1, 2);
  machine.add(1, 2);
  machine.on_outcome(*machine.next(0), answer(Verdict::kRetry), 0);
  const std::uint64_t now = machine.due_at_ns();
  machine.on_outcome(*machine.next(now), answer(Verdict::kRetry), now);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {0, 1}}));
}

TEST(DeliveryMachineTest, APartialFailureSendsOnlyWhatIsLeft) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 6);
  machine.on_outcome(*machine.next(0),
                     partly({{1, Verdict::kRetry},
                             {2, Verdict::kRetry},
                             {4, Verdict::kReject},
                             {5, Verdict::kRetry}}),
                     0);
  EXPECT_EQ(machine.state(), State::kRetrying);
  std::uint64_t now = machine.due_at_ns();
  const auto first = machine.next(now);
  EXPECT_EQ(first, (Shipment{.sequence = 1, .first = 1, .count = 2}));
  machine.on_outcome(*first, {}, now);
  const auto second = machine.next(now);
  EXPECT_EQ(second, (Shipment{.sequence = 1, .first = 5, .count = 1}));
  machine.on_outcome(*second, {}, now);
  EXPECT_EQ(machine.take_settled(), (Settlement{.sequence = 1, .rejected = {4}}));
}

TEST(DeliveryMachineTest, WhatTheSpoolGaveUpIsForgottenEvenInFlight) {
  DeliveryMachine machine = make_machine();
  machine.add(1, 1);
  machine.add(2, 1);
  const auto shipment = machine.next(0);
  machine.forget(1);
  machine.on_outcome(*shipment, answer(Verdict::kRetry), 0);
  EXPECT_EQ(machine.state(), State::kOk);
  EXPECT_EQ(machine.next(0), (Shipment{.sequence = 2, .first = 0, .count = 1}));
}

TEST(DeliveryMachineTest, TheWindowGrowsBySuccessAndIsHalvedByARetry) {
  DeliveryMachine machine = make_machine(8);
  std::uint64_t sequence = 0;
  for (int round = 0; round < 100; ++round) {
    machine.add(++sequence, 1);
    machine.on_outcome(*machine.next(0), {}, 0);
  }
  EXPECT_EQ(machine.window(), 8U);
  machine.add(++sequence, 1);
  machine.on_outcome(*machine.next(0), answer(Verdict::kRetry), 0);
  EXPECT_EQ(machine.window(), 1U);
  machine.on_outcome(*machine.next(machine.due_at_ns()), {}, machine.due_at_ns());
  EXPECT_EQ(machine.state(), State::kOk);
}

/// Follows a machine and judges each step.
class Judge {
 public:
  explicit Judge(std::uint32_t concurrency) : concurrency_(concurrency) {}

  void add(DeliveryMachine& machine, std::uint64_t sequence, std::uint32_t events) {
    machine.add(sequence, events);
    events_[sequence] = std::vector<std::string>(events);
  }

  void answer(DeliveryMachine& machine, const Shipment& shipment, const Outcome& outcome,
              std::uint64_t now) {
    for (std::uint32_t event = 0; event < shipment.count; ++event) {
      Verdict verdict = outcome.verdict;
      for (const EventVerdict& exception : outcome.exceptions) {
        verdict = exception.event == event ? exception.verdict : verdict;
      }
      std::string& fate = events_.at(shipment.sequence).at(shipment.first + event);
      EXPECT_EQ(fate, "") << "an event was sent again after its end";
      fate = verdict == Verdict::kAccepted ? "accepted" : "";
    }
    machine.on_outcome(shipment, outcome, now);
    EXPECT_LE(machine.in_flight(), concurrency_);
    while (const auto settled = machine.take_settled()) {
      settle(*settled);
    }
  }

  [[nodiscard]] std::uint64_t settled() const { return last_settled_; }

 private:
  void settle(const Settlement& settled) {
    EXPECT_EQ(settled.sequence, last_settled_ + 1);
    last_settled_ = settled.sequence;
    const std::set<std::uint32_t> rejected(settled.rejected.begin(), settled.rejected.end());
    EXPECT_EQ(rejected.size(), settled.rejected.size());
    const auto& events = events_.at(settled.sequence);
    for (std::uint32_t event = 0; event < events.size(); ++event) {
      EXPECT_EQ(events[event] == "accepted", !rejected.contains(event)) << event;
    }
  }

  std::uint32_t concurrency_;
  std::map<std::uint64_t, std::vector<std::string>> events_;
  std::uint64_t last_settled_ = 0;
};

/// Every sequence of `depth` answers, then only acceptance: a number in base 8 says which.
void play(std::uint64_t script, int depth) {
  DeliveryMachine machine = make_machine();
  Judge judge(1);
  judge.add(machine, 1, 3);
  judge.add(machine, 2, 1);
  std::uint64_t now = 0;
  std::pair<std::uint64_t, std::uint32_t> last{0, 0};
  for (int step = 0; machine.records() > 0 && step < 100; ++step) {
    now = std::max(now + 1, machine.due_at_ns());
    const auto shipment = machine.next(now);
    ASSERT_TRUE(shipment) << "script " << script;
    EXPECT_GE((std::pair{shipment->sequence, shipment->first}), last) << "out of order";
    last = {shipment->sequence, shipment->first};
    Outcome outcome;
    const auto choice = step < depth ? (script >> (3 * step)) % 8 : 0;
    if (choice < 5) {
      outcome = answer(static_cast<Verdict>(choice));
    } else {
      const std::array<Verdict, 3> verdicts{Verdict::kRetry, Verdict::kReject, Verdict::kPark};
      outcome = partly({{shipment->count - 1, verdicts[choice - 5]}});
    }
    judge.answer(machine, *shipment, outcome, now);
  }
  EXPECT_EQ(judge.settled(), 2U) << "script " << script;
}

TEST(DeliveryMachineTest, EverySequenceOfAnswersEndsEachEventOnceAndInOrder) {
  constexpr int kDepth = 5;
  for (std::uint64_t script = 0; script < (1U << (3 * kDepth)); ++script) {
    play(script, kDepth);
    ASSERT_FALSE(testing::Test::HasFailure()) << "script " << script;
  }
}

Outcome random_outcome(std::minstd_rand& random, std::uint32_t count) {
  switch (random() % 8) {
    case 0:
      return answer(Verdict::kRetry);
    case 1:
      return answer(Verdict::kSplit);
    case 2:
      return answer(Verdict::kReject);
    case 3:
      return random() % 4 == 0 ? answer(Verdict::kPark) : answer(Verdict::kAccepted);
    case 4: {
      std::vector<EventVerdict> exceptions;
      for (std::uint32_t event = 0; event < count; ++event) {
        if (random() % 3 == 0) {
          exceptions.push_back({event, static_cast<Verdict>(random() % 5)});
        }
      }
      return partly(exceptions);
    }
    default:
      return answer(Verdict::kAccepted);
  }
}

void simulate(std::uint32_t seed) {
  constexpr std::uint64_t kRecords = 20;
  std::minstd_rand random(seed + 1);
  const std::uint32_t concurrency = 1 + seed % DeliveryLimits::kConcurrencyMax;
  DeliveryMachine machine = make_machine(concurrency);
  Judge judge(concurrency);
  std::vector<Shipment> in_flight;
  std::uint64_t now = 0;
  std::uint64_t added = 0;
  for (int step = 0; judge.settled() < kRecords; ++step) {
    ASSERT_LT(step, 20'000);
    if (added < kRecords && machine.wants_more()) {
      judge.add(machine, ++added, 1 + static_cast<std::uint32_t>(random() % 30));
    }
    const auto shipment = machine.next(now);
    if (shipment) {
      in_flight.push_back(*shipment);
    }
    if (!in_flight.empty() && (!shipment || random() % 2 == 0)) {
      const std::size_t pick = random() % in_flight.size();
      const Shipment done = in_flight[pick];
      in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(pick));
      judge.answer(machine, done, random_outcome(random, done.count), now);
    } else if (!shipment) {
      now = std::max(now + 1, machine.due_at_ns());
    }
  }
}

TEST(DeliveryMachineTest, SimulatedDestinationsGetEachEventOnce) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    simulate(seed);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace shippers
