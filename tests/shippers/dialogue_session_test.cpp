// A connection to a receiver that answers, with a clock of our own: what is confirmed, what is not,
// and how long it waits. The protocol is Lumberjack.
#include "shippers/stream/dialogue_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "base/clock.h"
#include "shippers/big_endian.h"
#include "shippers/logstash/lumberjack.h"
#include "shippers/stream/dialogue.h"
#include "shippers/stream/session.h"

namespace shippers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What the test lets it read and write.
struct Wire {
  std::string incoming;
  bool ended = false;
  std::string outgoing;
  std::size_t room = SIZE_MAX;
};

class WireConnection final : public Connection {
 public:
  explicit WireConnection(Wire& wire) : wire_(wire) {}

  [[nodiscard]] int fd() const override { return 7; }
  [[nodiscard]] bool is_datagram() const override { return false; }
  [[nodiscard]] base::Result<std::size_t> write(std::string_view bytes) override {
    const std::size_t count = std::min(bytes.size(), wire_.room - wire_.outgoing.size());
    wire_.outgoing += bytes.substr(0, count);
    return count;
  }
  [[nodiscard]] base::Result<Received> read(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), wire_.incoming.size());
    wire_.incoming.copy(into.data(), count);
    wire_.incoming.erase(0, count);
    return Received{.bytes = count, .ended = count == 0 && wire_.ended};
  }
  void finish() override {}

 private:
  Wire& wire_;
};

class DialogueSessionTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kTimeoutNs = 20 * base::kNsPerSecond;

  void add(std::uint64_t id, std::uint32_t events) {
    StreamRequest request;
    request.id = id;
    for (std::uint32_t event = 0; event < events; ++event) {
      request.bytes += "{}";
      request.ends.push_back(request.bytes.size());
    }
    session.add(request, now_ns);
  }
  void acknowledge(std::uint32_t sequence) {
    wire.incoming += "2A";
    append_big_endian(wire.incoming, sequence);
  }
  void step() { session.step(false, now_ns); }
  std::string error() const { return session.error() ? session.error()->message : ""; }

  Wire wire;
  std::uint64_t now_ns = 100 * base::kNsPerSecond;
  DialogueSession session{std::make_unique<WireConnection>(wire),
                          std::make_unique<Lumberjack>(logging::Compress::kNone), kTimeoutNs,
                          now_ns};
};

TEST_F(DialogueSessionTest, WhatIsAcknowledgedIsConfirmedAndTheConnectionStays) {
  add(1, 2);
  add(2, 1);
  step();
  EXPECT_EQ(wire.outgoing.size(), 2 * 6U + 3 * 12U);
  EXPECT_THAT(session.take_confirmed(), IsEmpty());
  EXPECT_EQ(session.due_at_ns(), now_ns + kTimeoutNs);
  acknowledge(2);
  step();
  EXPECT_THAT(session.take_confirmed(), ElementsAre(1));
  acknowledge(1);
  step();
  EXPECT_THAT(session.take_confirmed(), ElementsAre(2));
  EXPECT_TRUE(session.is_open());
  EXPECT_EQ(session.due_at_ns(), now_ns + DialogueLimits::kIdleNs);
  now_ns += DialogueLimits::kIdleNs;
  step();
  EXPECT_TRUE(session.has_ended()) << "nobody uses it";
  EXPECT_EQ(error(), "");
}

TEST_F(DialogueSessionTest, AnEndLeavesWhatWasNotAcknowledged) {
  add(1, 3);
  add(2, 1);
  step();
  acknowledge(2);
  wire.ended = true;
  step();
  EXPECT_TRUE(session.has_ended());
  EXPECT_THAT(error(), HasSubstr("the receiver closed the connection"));
  const auto left = session.unconfirmed();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].id, 1U);
  EXPECT_EQ(left[0].messages, 3U);
  EXPECT_EQ(left[0].arrived, 2U);
  EXPECT_EQ(left[1].arrived, 0U);
}

TEST_F(DialogueSessionTest, AnEndWithNothingOpenIsNone) {
  wire.ended = true;
  step();
  EXPECT_TRUE(session.has_ended());
  EXPECT_EQ(error(), "");
}

TEST_F(DialogueSessionTest, WhoIsStillAtWorkHasMoreTime) {
  add(1, 1);
  step();
  now_ns += kTimeoutNs - 1;
  acknowledge(0);
  step();
  EXPECT_EQ(session.due_at_ns(), now_ns + kTimeoutNs);
  now_ns += kTimeoutNs;
  step();
  EXPECT_THAT(error(), HasSubstr("the receiver does not answer"));
}

TEST_F(DialogueSessionTest, WhoTakesNothingIsGivenUp) {
  wire.room = 3;
  add(1, 1);
  step();
  EXPECT_NE(session.poll_events() & POLLOUT, 0);
  now_ns += kTimeoutNs;
  step();
  EXPECT_THAT(error(), HasSubstr("the receiver takes nothing"));
}

TEST_F(DialogueSessionTest, AnAnswerThatIsNoneEndsIt) {
  add(1, 1);
  step();
  wire.incoming = "HTTP/1.1 400 Bad Request\r\n";
  step();
  EXPECT_THAT(error(), HasSubstr("is not Lumberjack"));
  EXPECT_EQ(session.poll_events() & POLLOUT, 0);
}

}  // namespace
}  // namespace shippers
