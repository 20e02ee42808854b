// Covers supervisor/fd_store.h and supervisor/fd_disposal.h.
#include "supervisor/fd_store.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/unix_socket.h"
#include "tests/support/require.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The end that is stored, and the one that tells what became of it.
struct Connection {
  std::vector<base::Fd> stored;
  base::Fd peer;

  Connection() {
    base::SocketPair pair = base::make_socket_pair().value();
    stored.push_back(std::move(pair.first));
    peer = std::move(pair.second);
  }
};

class FdStoreTest : public testing::Test {
 protected:
  FdStoreTest() {
    for (const std::uint32_t limit : {2U, 0U}) {
      auto config = std::make_unique<ServiceConfig>();
      config->name = limit == 0 ? "none" : "web";
      config->fd_store = limit;
      slots_.push_back({.config = std::move(config), .next = nullptr});
    }
    store_.emplace(FdStore::Parts{.loop = loop_,
                                  .diag = diag_,
                                  .helpers = helpers_,
                                  .services = slots_,
                                  .drained = [this](ServiceId) { ++drained_; }});
  }

  std::vector<std::string> names(ServiceId service = 0) {
    std::vector<std::string> names;
    for (const PassedFd& passed : store_->stored(service)) {
      names.push_back(passed.name);
    }
    return names;
  }

  /// Children that close descriptors end, as PID 1's reaper would see it.
  void reap() {
    for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, 0)) > 0;) {
      helpers_.settle(pid);
    }
  }

  static bool is_at_end(const base::Fd& peer) {
    char byte = 0;
    return ::recv(peer.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  base::Loop loop_;
  base::Diag diag_{STDERR_FILENO, base::DiagLevel::kError, ""};
  Helpers helpers_{loop_};
  ServiceSlots slots_;
  int drained_ = 0;
  std::optional<FdStore> store_;
};

TEST_F(FdStoreTest, GivesBackWhatWasStoredInItsOrder) {
  Connection one;
  Connection two;
  store_->add(0, std::move(two.stored), "b", FdStore::HangUp::kRemoves);
  store_->add(0, std::move(one.stored), "", FdStore::HangUp::kRemoves);
  EXPECT_THAT(names(), ElementsAre("b", "stored"));
  ASSERT_EQ(::write(store_->stored(0)[0].fd, "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(two.peer.get(), &byte, 1), 1);
}

TEST_F(FdStoreTest, WhatIsTooMuchIsClosed) {
  std::array<Connection, 3> connections;
  for (Connection& connection : connections) {
    store_->add(0, std::move(connection.stored), "c", FdStore::HangUp::kRemoves);
  }
  Connection refused;
  store_->add(1, std::move(refused.stored), "c", FdStore::HangUp::kRemoves);
  reap();
  EXPECT_EQ(names(0).size(), 2U);
  EXPECT_THAT(names(1), IsEmpty());
  EXPECT_FALSE(is_at_end(connections[1].peer));
  EXPECT_TRUE(is_at_end(connections[2].peer));
  EXPECT_TRUE(is_at_end(refused.peer));
}

TEST_F(FdStoreTest, TheSameOpenFileIsStoredOnce) {
  Connection connection;
  std::vector<base::Fd> again;
  again.push_back(base::duplicate(connection.stored[0].get()).value());
  store_->add(0, std::move(connection.stored), "first", FdStore::HangUp::kRemoves);
  store_->add(0, std::move(again), "second", FdStore::HangUp::kRemoves);
  EXPECT_THAT(names(), ElementsAre("first"));
  reap();
  EXPECT_FALSE(is_at_end(connection.peer));
}

TEST_F(FdStoreTest, RemovesByNameAndAtRest) {
  Connection one;
  Connection two;
  store_->add(0, std::move(one.stored), "a", FdStore::HangUp::kRemoves);
  store_->add(0, std::move(two.stored), "b", FdStore::HangUp::kRemoves);
  store_->remove(0, "c");
  store_->remove(0, "a");
  EXPECT_THAT(names(), ElementsAre("b"));
  store_->clear(0);
  EXPECT_THAT(names(), IsEmpty());
  reap();
  EXPECT_TRUE(is_at_end(one.peer));
  EXPECT_TRUE(is_at_end(two.peer));
}

TEST_F(FdStoreTest, AHangUpRemovesUnlessItIsIgnored) {
  Connection kept;
  Connection gone;
  store_->add(0, std::move(kept.stored), "kept", FdStore::HangUp::kIsIgnored);
  store_->add(0, std::move(gone.stored), "gone", FdStore::HangUp::kRemoves);
  kept.peer.reset();
  gone.peer.reset();
  base::Timer look(loop_, [&] {
    if (names() == std::vector<std::string>{"kept"}) {
      loop_.stop();
    } else {
      look.start_once(1);
    }
  });
  look.start_once(1);
  loop_.run();
  EXPECT_THAT(names(), ElementsAre("kept"));
  reap();
}

TEST_F(FdStoreTest, ADescriptorStaysAsBlockingAsItWas) {
  Connection connection;
  const int fd = connection.stored[0].get();
  const int before = ::fcntl(fd, F_GETFL);
  store_->add(0, std::move(connection.stored), "a", FdStore::HangUp::kRemoves);
  EXPECT_EQ(::fcntl(fd, F_GETFL), before);
}

TEST_F(FdStoreTest, ASmallerLimitDropsTheNewest) {
  Connection one;
  Connection two;
  store_->add(0, std::move(one.stored), "a", FdStore::HangUp::kRemoves);
  store_->add(0, std::move(two.stored), "b", FdStore::HangUp::kRemoves);
  auto config = std::make_unique<ServiceConfig>();
  config->fd_store = 1;
  slots_[0].config = std::move(config);
  store_->on_starting(0);
  EXPECT_THAT(names(), ElementsAre("a"));
  reap();
}

TEST_F(FdStoreTest, BirlKeepsTheLastNumbersForItself) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{.rlim_cur = FdStore::kReservedFds, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Connection connection;
  store_->add(0, std::move(connection.stored), "a", FdStore::HangUp::kRemoves);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_THAT(names(), IsEmpty());
  reap();
}

/// A TCP connection whose close waits, since it lingers and its peer reads nothing.
class LingeringConnection {
 public:
  LingeringConnection() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    ours.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const linger wait{.l_onoff = 1, .l_linger = 600};
    support::require(
        ::bind(listener_.get(), any, bytes) == 0 && ::listen(listener_.get(), 1) == 0 &&
            ::getsockname(listener_.get(), any, &bytes) == 0 &&
            ::connect(ours[0].get(), any, bytes) == 0 &&
            ::setsockopt(ours[0].get(), SOL_SOCKET, SO_LINGER, &wait, sizeof(wait)) == 0,
        "connect");
    const std::array<char, 65'536> filler{};
    while (::send(ours[0].get(), filler.data(), filler.size(), MSG_DONTWAIT) > 0) {
    }
  }
  std::vector<base::Fd> ours;

 private:
  base::Fd listener_;
};

TEST_F(FdStoreTest, NobodyWaitsForACloseThatHangs) {
  LingeringConnection lingering;
  store_->add(1, std::move(lingering.ours), "a", FdStore::HangUp::kRemoves);  // refused
  ASSERT_EQ(helpers_.pids().size(), 1U);
  const pid_t closer = *helpers_.pids().begin();
  EXPECT_EQ(::waitpid(closer, nullptr, WNOHANG), 0);  // it waits, and not we
  Connection other;
  store_->add(0, std::move(other.stored), "b", FdStore::HangUp::kRemoves);
  store_->clear(0);
  ASSERT_EQ(helpers_.pids().size(), 2U) << "another service's are closed meanwhile";
  ::kill(closer, SIGKILL);
  reap();
  EXPECT_TRUE(is_at_end(other.peer));
}

TEST_F(FdStoreTest, AServiceThatFloodsIsNotReadUntilItsDescriptorsAreClosed) {
  LingeringConnection lingering;
  store_->add(1, std::move(lingering.ours), "a", FdStore::HangUp::kRemoves);
  const pid_t closer = *helpers_.pids().begin();
  EXPECT_FALSE(store_->is_full(1));
  std::vector<base::Fd> many;
  for (std::size_t i = 0; i < FdDisposal::kPendingMax; ++i) {
    many.push_back(std::move(Connection().stored[0]));
  }
  store_->dispose(1, std::move(many));
  EXPECT_TRUE(store_->is_full(1));
  EXPECT_FALSE(store_->is_full(0));
  EXPECT_EQ(drained_, 0);
  ::kill(closer, SIGKILL);
  reap();
  EXPECT_FALSE(store_->is_full(1));
  EXPECT_EQ(drained_, 1);
}

}  // namespace
}  // namespace supervisor
