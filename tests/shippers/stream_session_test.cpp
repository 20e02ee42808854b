// One connection's life against real sockets and a clock of our own: what counts as delivered, and
// what a receiver that goes wrong does to it.
#include "shippers/stream/stream_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/clock.h"
#include "base/fd.h"

namespace shippers {
namespace {

using logging::Confirm;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// One end of a socket pair; the other is the test's.
class PairConnection final : public Connection {
 public:
  PairConnection(base::Fd socket, bool is_datagram)
      : socket_(std::move(socket)), is_datagram_(is_datagram) {}

  [[nodiscard]] int fd() const override { return socket_.get(); }
  [[nodiscard]] bool is_datagram() const override { return is_datagram_; }
  [[nodiscard]] base::Result<std::size_t> write(std::string_view bytes) override {
    const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) {
      return 0;
    }
    if (count < 0) {
      return base::fail_errno("cannot send");
    }
    return static_cast<std::size_t>(count);
  }
  [[nodiscard]] base::Result<Received> read(std::span<char> /*into*/) override {
    return Received{};
  }
  void finish() override { ::shutdown(fd(), SHUT_WR); }

 private:
  base::Fd socket_;
  bool is_datagram_;
};

class StreamSessionTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kTimeoutNs = 30 * base::kNsPerSecond;

  void open(const StreamSession::Options& options, int type = SOCK_STREAM) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer = base::Fd(ends[1]);
    session = std::make_unique<StreamSession>(
        std::make_unique<PairConnection>(base::Fd(ends[0]), type == SOCK_DGRAM), options, now_ns);
  }
  void open_stream(Confirm confirm) {
    open({.framing = Framing::kNewline, .confirm = confirm, .timeout_ns = kTimeoutNs});
  }
  static StreamRequest request(std::uint64_t id, std::initializer_list<std::string> messages) {
    StreamRequest made;
    made.id = id;
    for (const std::string& message : messages) {
      made.bytes += message;
      made.ends.push_back(made.bytes.size());
    }
    return made;
  }
  std::string read_peer() const {
    std::array<char, 1 << 20> bytes{};
    const ssize_t count = ::recv(peer.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }
  std::vector<std::uint64_t> unconfirmed_ids() const {
    std::vector<std::uint64_t> ids;
    for (const Unconfirmed& request : session->unconfirmed()) {
      ids.push_back(request.id);
    }
    return ids;
  }
  void step(bool hurry = false) { session->step(hurry, now_ns); }

  base::Fd peer;
  std::unique_ptr<StreamSession> session;
  std::uint64_t now_ns = 100 * base::kNsPerSecond;
};

TEST_F(StreamSessionTest, ARequestIsDeliveredWhenTheReceiverHasReadItAndClosed) {
  open_stream(Confirm::kClose);
  session->add(request(1, {"a", "b"}), now_ns);
  session->add(request(2, {"c"}), now_ns);
  step();
  EXPECT_EQ(session->due_at_ns(), now_ns + StreamLimits::kHoldNs);
  now_ns += StreamLimits::kHoldNs;
  step();
  EXPECT_FALSE(session->is_open());
  EXPECT_THAT(session->take_confirmed(), IsEmpty()) << "it was not read yet";
  EXPECT_EQ(read_peer(), "a\nb\nc\n");
  step();
  EXPECT_THAT(session->take_confirmed(), IsEmpty()) << "the receiver did not say that it has all";
  peer.reset();
  step();
  EXPECT_THAT(session->take_confirmed(), ElementsAre(1, 2));
  EXPECT_TRUE(session->has_ended());
  EXPECT_FALSE(session->error());
  EXPECT_THAT(unconfirmed_ids(), IsEmpty());
}

TEST_F(StreamSessionTest, WhoIsInAHurryGetsTheAnswerAtOnce) {
  open_stream(Confirm::kClose);
  session->add(request(1, {"a"}), now_ns);
  step(true);
  EXPECT_FALSE(session->is_open());
}

TEST_F(StreamSessionTest, AReceiverThatDiesWithUnreadBytesHasNothing) {
  open_stream(Confirm::kClose);
  session->add(request(1, {"a"}), now_ns);
  step(true);
  peer.reset();
  step();
  EXPECT_TRUE(session->has_ended());
  EXPECT_THAT(session->take_confirmed(), IsEmpty());
  EXPECT_THAT(unconfirmed_ids(), ElementsAre(1));
  ASSERT_TRUE(session->error());
  EXPECT_THAT(session->error()->message, HasSubstr("Connection reset by peer"));
}

TEST_F(StreamSessionTest, AReceiverThatClosesFirstHasNothingForCertain) {
  open_stream(Confirm::kClose);
  session->add(request(1, {"a"}), now_ns);
  step();
  EXPECT_EQ(read_peer(), "a\n");
  ::shutdown(peer.get(), SHUT_WR);
  step();
  EXPECT_THAT(unconfirmed_ids(), ElementsAre(1));
  EXPECT_THAT(session->error()->message, HasSubstr("the receiver closed the connection"));
}

TEST_F(StreamSessionTest, AReceiverThatNeverClosesIsToldOf) {
  open_stream(Confirm::kClose);
  session->add(request(1, {"a"}), now_ns);
  step(true);
  EXPECT_EQ(read_peer(), "a\n");
  step();
  EXPECT_EQ(session->due_at_ns(), now_ns + kTimeoutNs);
  now_ns += kTimeoutNs;
  step();
  EXPECT_THAT(unconfirmed_ids(), ElementsAre(1));
  EXPECT_THAT(session->error()->message, HasSubstr("use confirm = \"sent\""));
}

TEST_F(StreamSessionTest, AReceiverThatTakesNothingIsGivenUp) {
  open_stream(Confirm::kClose);
  session->add(request(1, {std::string(4U << 20U, 'x')}), now_ns);
  step();
  EXPECT_NE(session->poll_events() & POLLOUT, 0);
  EXPECT_EQ(session->due_at_ns(), now_ns + kTimeoutNs);
  now_ns += kTimeoutNs / 2;
  (void)read_peer();
  step();
  EXPECT_EQ(session->due_at_ns(), now_ns + kTimeoutNs) << "something moved";
  now_ns += kTimeoutNs;
  step();
  EXPECT_THAT(session->error()->message, HasSubstr("the receiver takes nothing"));
  EXPECT_THAT(unconfirmed_ids(), ElementsAre(1));
}

TEST_F(StreamSessionTest, SentMeansThatTheKernelHasItAndTheConnectionStays) {
  open_stream(Confirm::kSent);
  session->add(request(1, {"a"}), now_ns);
  step();
  EXPECT_THAT(session->take_confirmed(), IsEmpty()) << "a Unix socket tells what was not read";
  EXPECT_EQ(session->due_at_ns(), now_ns + StreamLimits::kLookAgainNs);
  EXPECT_EQ(read_peer(), "a\n");
  step();
  EXPECT_THAT(session->take_confirmed(), ElementsAre(1));
  EXPECT_TRUE(session->is_open());
  session->add(request(2, {"b"}), now_ns);
  step();
  EXPECT_EQ(read_peer(), "b\n");
  step();
  EXPECT_THAT(session->take_confirmed(), ElementsAre(2));
  now_ns += StreamLimits::kIdleNs;
  step();
  EXPECT_TRUE(session->has_ended()) << "nobody uses it";
  EXPECT_FALSE(session->error());
}

TEST_F(StreamSessionTest, SentAndNeverAcknowledgedFails) {
  open_stream(Confirm::kSent);
  session->add(request(1, {"a"}), now_ns);
  step();
  now_ns += kTimeoutNs;
  step();
  EXPECT_THAT(session->error()->message, HasSubstr("acknowledges nothing"));
}

TEST_F(StreamSessionTest, EachMessageIsADatagramAndDeliveredWhenItIsSent) {
  open({.framing = Framing::kOctet, .confirm = Confirm::kClose, .timeout_ns = kTimeoutNs},
       SOCK_DGRAM);
  session->add(request(1, {"a", "bb"}), now_ns);
  step();
  EXPECT_THAT(session->take_confirmed(), ElementsAre(1));
  EXPECT_EQ(read_peer(), "a");
  EXPECT_EQ(read_peer(), "bb");
}

TEST_F(StreamSessionTest, ADatagramThatNobodyTakesFails) {
  open({.framing = Framing::kOctet, .confirm = Confirm::kClose, .timeout_ns = kTimeoutNs},
       SOCK_DGRAM);
  peer.reset();
  session->add(request(1, {"a"}), now_ns);
  step();
  EXPECT_TRUE(session->has_ended());
  EXPECT_THAT(unconfirmed_ids(), ElementsAre(1));
}

}  // namespace
}  // namespace shippers
