#include "supervisor/control/arrival.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

using State = Arrival::State;

ServiceProgress at(std::string state, std::uint64_t starts = 1, std::string reason = "") {
  const bool ready = state == "running" || state == "done";
  return {.state = std::move(state), .ready = ready, .starts = starts, .reason = std::move(reason)};
}

State state_of(Goal goal, std::uint64_t starts_before, const ServiceProgress& progress) {
  return find_arrival(goal, starts_before, progress).state;
}

TEST(ArrivalTest, AStartedServiceHasArrivedWhenItIsReady) {
  EXPECT_EQ(state_of(Goal::kStarted, 0, at("running")), State::kArrived);
  EXPECT_EQ(state_of(Goal::kStarted, 0, at("done")), State::kArrived);
  ServiceProgress unready = at("running");
  unready.ready = false;
  EXPECT_EQ(state_of(Goal::kStarted, 0, unready), State::kPending);
  EXPECT_EQ(state_of(Goal::kStarted, 0, at("waiting", 0)), State::kPending);
  EXPECT_EQ(state_of(Goal::kStarted, 0, at("starting")), State::kPending);
  EXPECT_EQ(state_of(Goal::kStarted, 0, at("stopping")), State::kPending);
}

TEST(ArrivalTest, ACrashOfTheNewRunIsAFailureWithItsReason) {
  EXPECT_EQ(find_arrival(Goal::kStarted, 0, at("backoff", 1, "no such file")),
            (Arrival{.state = State::kFailed, .reason = "no such file"}));
  EXPECT_EQ(find_arrival(Goal::kStarted, 0, at("failed", 1)),
            (Arrival{.state = State::kFailed, .reason = "it is failed"}));
}

TEST(ArrivalTest, AnOldBackOffIsNotTheAnswer) {
  EXPECT_EQ(state_of(Goal::kStarted, 3, at("backoff", 3)), State::kPending);
}

TEST(ArrivalTest, ARestartWaitsForANewRun) {
  EXPECT_EQ(state_of(Goal::kRestarted, 1, at("running", 1)), State::kPending);
  EXPECT_EQ(state_of(Goal::kRestarted, 1, at("stopping", 1)), State::kPending);
  EXPECT_EQ(state_of(Goal::kRestarted, 1, at("stopped", 1)), State::kPending);
  EXPECT_EQ(state_of(Goal::kRestarted, 1, at("running", 2)), State::kArrived);
  EXPECT_EQ(state_of(Goal::kRestarted, 1, at("failed", 2)), State::kFailed);
}

TEST(ArrivalTest, AStoppedServiceHasArrivedInEveryStateWithoutAProcess) {
  for (const char* state : {"stopped", "failed", "done"}) {
    EXPECT_EQ(state_of(Goal::kStopped, 1, at(state)), State::kArrived) << state;
  }
  for (const char* state : {"waiting", "starting", "running", "stopping", "backoff"}) {
    EXPECT_EQ(state_of(Goal::kStopped, 1, at(state)), State::kPending) << state;
  }
}

TEST(ArrivalTest, WaitingForReadyFailsOnlyWhenTheServiceIsGivenUp) {
  EXPECT_EQ(state_of(Goal::kReady, 1, at("backoff")), State::kPending);
  EXPECT_EQ(state_of(Goal::kReady, 1, at("stopped")), State::kPending);
  EXPECT_EQ(state_of(Goal::kReady, 1, at("running")), State::kArrived);
  EXPECT_EQ(state_of(Goal::kReady, 1, at("failed")), State::kFailed);
  EXPECT_EQ(state_of(Goal::kFailed, 1, at("failed")), State::kArrived);
  EXPECT_EQ(state_of(Goal::kFailed, 1, at("running")), State::kPending);
}

TEST(ArrivalTest, ARemovedServiceIsStoppedAndNothingElse) {
  EXPECT_EQ(find_arrival(Goal::kStopped, 1, std::nullopt).state, State::kArrived);
  EXPECT_EQ(find_arrival(Goal::kStarted, 1, std::nullopt),
            (Arrival{.state = State::kFailed, .reason = "it was removed"}));
}

}  // namespace
}  // namespace supervisor
