// One writer over real rings with a scripted sink; router_test.cpp has the whole router. Here is
// logging/sink.cpp, too.
#include "logging/router/writer_thread.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>

#include "base/clock.h"
#include "logging/handoff/shared_slot.h"
#include "tests/logging/test_ring.h"

namespace logging {
namespace {

/// What the scripted sink shall do and has done; the test waits on it.
class Script {
 public:
  void change(const std::function<void(Script&)>& with) {
    const std::scoped_lock lock(mutex_);
    with(*this);
    changed_.notify_all();
  }
  void wait(const std::function<bool(const Script&)>& until) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return until(*this); });
  }

  std::map<std::string, std::string> taken{};  // by service
  std::set<std::string> refused{};             // services that cannot be attached
  int attach_failures = 0;
  int rotations = 0;
  bool ended = false;
  int retries = 0;
  bool asks_for_retry = false;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

class ScriptedSink final : public Sink {
 public:
  ScriptedSink(Script& script, bool parses) : script_(script), parses_(parses) {}

  base::Result<void> attach(const SinkInput& input) override {
    bool refused = false;
    script_.change([&](Script& script) {
      refused = script.refused.contains(input.service);
      script.attach_failures += refused ? 1 : 0;
    });
    return refused ? base::Result<void>(
                         base::fail(base::ErrorCode::kUnavailable, "cannot attach: told so"))
                   : base::Result<void>();
  }

  ConsumeResult consume(const SinkInput& input, std::uint64_t now_ns) override {
    bool retry = false;
    script_.change([&](Script& script) {
      retry = script.asks_for_retry;
      script.retries += retry ? 1 : 0;
    });
    if (retry) {
      return {.progressed = false, .retry_at_ns = now_ns + 3600 * base::kNsPerSecond};
    }
    const std::string text = take_all(*input.consumer);
    script_.change([&](Script& script) { script.taken[input.service] += text; });
    return {.progressed = !text.empty(), .retry_at_ns = 0};
  }

  void reopen() override {}
  void rotate() override {
    script_.change([](Script& script) { ++script.rotations; });
  }
  void end_input() override {
    script_.change([](Script& script) { script.ended = true; });
  }
  bool parses_records() const override { return parses_; }

 private:
  Script& script_;
  bool parses_;
};

class WriterThreadTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(watch_.open()); }
  void TearDown() override { writer_.reset(); }

  void make_writer(bool parses) {
    writer_.emplace(WriterThread::Options{.config = config_,
                                          .state = state_,
                                          .last_was_killed = last_was_killed_,
                                          .busy = watch_.add(BusyStamp::Limit::kCpuClock, "test"),
                                          .on_idle = [this] { script_.change([](Script&) {}); }});
    writer_->set_sink(std::make_unique<ScriptedSink>(script_, parses));
  }

  TestRing& add_ring(const std::string& service) {
    TestRing& ring = rings_.emplace_back();
    RingFeed& feed = feeds_.emplace_back(
        1, std::move(*RingMap::open(ring.fd.get(), base::Access::kReadWrite)), -1);
    writer_->add_input(service, feed,
                       std::move(*claim_consumer(feed.ring, sink_id_of("test"),
                                                 ConsumerKind::kGating, &feed.room)));
    return ring;
  }

  void feed(TestRing& ring, std::string_view text) {
    ASSERT_TRUE(ring.feed(0, text));
    writer_->waker().notify();
  }

  void wait_taken(const std::string& service, const std::string& text) {
    script_.wait([&](const Script& script) {
      const auto taken = script.taken.find(service);
      return taken != script.taken.end() && taken->second == text;
    });
  }

  Script script_;
  SinkConfig config_;
  bool last_was_killed_ = false;
  SinkState state_{};
  HangWatch watch_;
  std::deque<TestRing> rings_;
  std::deque<RingFeed> feeds_;
  std::optional<WriterThread> writer_;
};

TEST_F(WriterThreadTest, TakesWhatComesFromEveryInputAlsoFromLateOnes) {
  make_writer(false);
  TestRing& one = add_ring("one");
  writer_->start();
  feed(one, "a\n");
  wait_taken("one", "a\n");
  TestRing& two = add_ring("two");
  feed(two, "b\n");
  wait_taken("two", "b\n");
  feed(one, "c\n");
  wait_taken("one", "a\nc\n");
  EXPECT_TRUE(writer_->is_attached());
}

TEST_F(WriterThreadTest, AnInputThatCannotBeAttachedIsReportedAndReopenTriesAtOnce) {
  make_writer(false);
  script_.refused = {"one"};
  feed(add_ring("one"), "a\n");
  feed(add_ring("two"), "b\n");
  writer_->start();
  wait_taken("two", "b\n");
  EXPECT_FALSE(writer_->is_attached());
  EXPECT_TRUE(writer_->report().is_failing());
  EXPECT_STREQ(state_.last_error.data(), "cannot attach: told so");
  script_.change([](Script& script) { script.refused.clear(); });
  writer_->reopen();
  wait_taken("one", "a\n");
  EXPECT_TRUE(writer_->is_attached());
}

TEST_F(WriterThreadTest, ASinkThatAskedForARetryIsLeftAloneUntilARequest) {
  make_writer(false);
  script_.asks_for_retry = true;
  TestRing& ring = add_ring("one");
  feed(ring, "a\n");
  writer_->start();
  script_.wait([](const Script& script) { return script.retries == 1; });
  feed(ring, "b\n");
  script_.change([](Script& script) { script.asks_for_retry = false; });
  writer_->rotate();
  wait_taken("one", "a\nb\n");
  script_.change([](Script& script) {
    EXPECT_EQ(script.rotations, 1);
    EXPECT_EQ(script.retries, 1);
  });
}

TEST_F(WriterThreadTest, SinceWhenTheOldestLineWaitsIsToldAndForgottenWhenItIsGone) {
  make_writer(false);
  script_.asks_for_retry = true;
  feed(add_ring("one"), "a\n");
  writer_->start();
  script_.wait([this](const Script&) { return state_.oldest_ring_ns.load() != 0; });
  script_.change([](Script& script) { script.asks_for_retry = false; });
  writer_->rotate();
  wait_taken("one", "a\n");
  script_.wait([this](const Script&) { return state_.oldest_ring_ns.load() == 0; });
  const DeliveryMarks marks = read_slot(state_.marks_sequence, state_.marks);
  EXPECT_NE(marks.last_ns, 0U);
  EXPECT_EQ(marks.since_ns, 0U) << "the next mark is ten seconds away";
}

TEST_F(WriterThreadTest, ASinkWithoutASpoolSaysSo) {
  make_writer(false);
  base::Pipe pipe = *base::make_pipe();
  writer_->manage_spool(SpoolAction::kDrop, std::move(pipe.write));
  writer_->start();
  std::string answer(256, '\0');
  const ssize_t count = ::read(pipe.read.get(), answer.data(), answer.size());
  answer.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  EXPECT_EQ(answer, R"({"error":"it has no spool: it is no sink across a network"})");
}

TEST_F(WriterThreadTest, TheSinkIsToldThatNoMoreLinesCome) {
  make_writer(false);
  writer_->start();
  writer_->end_input();
  script_.wait([](const Script& script) { return script.ended; });
}

TEST_F(WriterThreadTest, TheFrameThatKilledThreeRoutersIsDroppedBeforeAParsingSink) {
  state_.note = {.ring_id = kTestRingId, .frame = 0, .deaths = 2, .active = 1};
  make_writer(true);
  TestRing& ring = add_ring("one");
  feed(ring, "deadly\n");
  feed(ring, "harmless\n");
  writer_->start();
  wait_taken("one", "harmless\n");
  writer_.reset();
  const auto ledger = RingView::open(ring.fd.get(), RingView::Extent::kHeaders)->consumers();
  ASSERT_EQ(ledger.size(), 1U);
  EXPECT_EQ(ledger[0].dropped[static_cast<std::size_t>(DropReason::kPoison)], 1U);
}

TEST_F(WriterThreadTest, ARouterThatSomebodyKilledBlamesNoFrame) {
  state_.note = {.ring_id = kTestRingId, .frame = 0, .deaths = 2, .active = 1};
  last_was_killed_ = true;
  make_writer(true);
  TestRing& ring = add_ring("one");
  feed(ring, "harmless\n");
  writer_->start();
  wait_taken("one", "harmless\n");
}

}  // namespace
}  // namespace logging
