#include "supervisor/notify_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include "base/unix_socket.h"

namespace supervisor {
namespace {

class NotifySocketTest : public testing::Test {
 protected:
  NotifySocketTest() : path_(testing::TempDir() + "/birl_notify." + std::to_string(::getpid())) {
    auto opened = NotifySocket::open(loop_, path_, [this](Datagram datagram) {
      senders_.push_back(datagram.sender);
      texts_.emplace_back(datagram.text);
      std::ranges::move(datagram.fds, std::back_inserter(fds_));
      if (datagram.text == "end") {
        loop_.stop();
      }
    });
    EXPECT_TRUE(opened);
    socket_ = std::move(*opened);
  }

  bool send(const std::string& text, const std::vector<int>& fds = {}) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    const base::Fd client(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
               0 &&
           base::send_message(client.get(), std::as_bytes(std::span(text)), fds);
  }

  base::Loop loop_;
  std::string path_;
  std::vector<Sender> senders_;
  std::vector<std::string> texts_;
  std::vector<base::Fd> fds_;
  std::unique_ptr<NotifySocket> socket_;
};

TEST_F(NotifySocketTest, TellsWhatCameAndFromWhom) {
  ASSERT_TRUE(send("READY=1"));
  ASSERT_TRUE(send("end"));
  loop_.run();
  EXPECT_EQ(texts_, (std::vector<std::string>{"READY=1", "end"}));
  EXPECT_EQ(senders_[0].pid, ::getpid());
  EXPECT_EQ(senders_[0].uid, ::geteuid());
}

TEST_F(NotifySocketTest, AnAbstractNameIsNoFile) {
  std::string heard;
  const std::string name = "@birl-test." + std::to_string(::getpid());
  const auto socket =
      *NotifySocket::open(loop_, name, [&](const Datagram& datagram) { heard = datagram.text; });
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path[1], name.c_str() + 1, name.size() - 1);
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const base::Fd client(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(
      ::sendto(client.get(), "READY=1", 7, 0, reinterpret_cast<const sockaddr*>(&address), bytes),
      7);
  socket->read_pending();
  EXPECT_EQ(heard, "READY=1");
  EXPECT_NE(::access(name.c_str(), F_OK), 0);
}

TEST_F(NotifySocketTest, OfADatagramThatIsTooLongOnlyItsDescriptorsCome) {
  const base::Pipe pipe = base::make_pipe().value();
  ASSERT_TRUE(send(std::string(5'000, 'x'), {pipe.read.get()}));
  ASSERT_TRUE(send("end"));
  loop_.run();
  EXPECT_EQ(texts_, (std::vector<std::string>{"", "end"}));
  EXPECT_EQ(fds_.size(), 1U);
}

TEST_F(NotifySocketTest, DescriptorsThatComeAlongAreTheReceivers) {
  const base::Pipe pipe = base::make_pipe().value();
  ASSERT_TRUE(send("FDSTORE=1", {pipe.read.get(), pipe.write.get()}));
  ASSERT_TRUE(send("end"));
  loop_.run();
  ASSERT_EQ(fds_.size(), 2U);
  EXPECT_EQ(::write(fds_[1].get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 1);
}

TEST_F(NotifySocketTest, WhatWasPendingCanBeDiscarded) {
  const base::Pipe pipe = base::make_pipe().value();
  ASSERT_TRUE(send("READY=1", {pipe.read.get()}));
  std::vector<base::Fd> discarded;
  socket_->discard_pending([&](Datagram old) { discarded = std::move(old.fds); });
  EXPECT_EQ(discarded.size(), 1U);
  ASSERT_TRUE(send("end"));
  loop_.run();
  EXPECT_EQ(texts_, (std::vector<std::string>{"end"}));
}

TEST_F(NotifySocketTest, HeldItReadsNothing) {
  socket_->hold();
  ASSERT_TRUE(send("READY=1"));
  socket_->read_pending();
  EXPECT_EQ(texts_, std::vector<std::string>());
  socket_->go_on();
  ASSERT_TRUE(send("end"));
  loop_.run();
  EXPECT_EQ(texts_, (std::vector<std::string>{"READY=1", "end"}));
}

TEST_F(NotifySocketTest, TheSocketCanBeClosedBySomebodyElse) {
  const base::Fd taken = socket_->take();
  EXPECT_TRUE(taken.valid());
  EXPECT_FALSE(send("READY=1"));
}

TEST_F(NotifySocketTest, ThePathGoesWithTheSocket) {
  socket_.reset();
  EXPECT_FALSE(send("READY=1"));
  EXPECT_NE(::access(path_.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace supervisor
