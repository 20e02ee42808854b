#include "supervisor/listen_sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unix_socket.h"
#include "tests/support/temporary_directory.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// A port of the kernel's choice that somebody listens at.
class TakenPort {
 public:
  TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address{};
    address.ipv4 = {};
    address.ipv4.sin_family = AF_INET;
    address.bytes = sizeof(address.ipv4);
    EXPECT_EQ(::bind(fd_.get(), &address.any, address.bytes), 0);
    EXPECT_EQ(::listen(fd_.get(), 1), 0);
    EXPECT_EQ(::getsockname(fd_.get(), &address.any, &address.bytes), 0);
    number_ = std::to_string(ntohs(address.ipv4.sin_port));
  }
  [[nodiscard]] const std::string& number() const { return number_; }

 private:
  base::Fd fd_;
  std::string number_;
};

class ListenSocketsTest : public testing::Test {
 protected:
  static ListenSockets::Services one(std::vector<std::string> listen) {
    ListenSockets::Services services;
    services["web"].name = "web";
    services["web"].listen = std::move(listen);
    return services;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string address(const std::string& name) const { return "unix:" + path(name); }
  static bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
  static bool can_connect(const std::string& path) { return base::connect_unix(path).has_value(); }
  static std::string failure(ListenSockets& sockets, const ListenSockets::Services& services) {
    const auto failures = sockets.open_missing(services);
    return failures.empty() ? "" : failures.front().error.message;
  }

  test_support::TemporaryDirectory directory_;
};

TEST_F(ListenSocketsTest, AreHeldWhileTheyAreNamed) {
  ListenSockets sockets;
  EXPECT_THAT(sockets.open_missing(one({address("a"), address("deep/b")})), IsEmpty());
  sockets.keep(one({address("deep/b")}));
  EXPECT_FALSE(exists(path("a")));
  EXPECT_TRUE(can_connect(path("deep/b")));
  EXPECT_THAT(sockets.open_missing(one({address("deep/b")})), IsEmpty());
  EXPECT_TRUE(can_connect(path("deep/b")));
}

TEST_F(ListenSocketsTest, TheFilesGoWithTheObject) {
  {
    ListenSockets sockets;
    EXPECT_THAT(sockets.open_missing(one({address("a")})), IsEmpty());
    EXPECT_TRUE(can_connect(path("a")));
  }
  EXPECT_FALSE(exists(path("a")));
}

TEST_F(ListenSocketsTest, AFileThatSomebodyElsePutThereStays) {
  {
    ListenSockets sockets;
    EXPECT_THAT(sockets.open_missing(one({address("a")})), IsEmpty());
    ::unlink(path("a").c_str());
    test_support::write_file(path("a"), "other");
  }
  EXPECT_EQ(test_support::read_file(path("a")), "other");
}

TEST_F(ListenSocketsTest, AStaleFileIsReplaced) {
  { const auto dead = base::listen_unix(path("a"), 0600); }
  ASSERT_TRUE(exists(path("a")));
  ListenSockets sockets;
  EXPECT_EQ(failure(sockets, one({address("a")})), "");
  EXPECT_TRUE(can_connect(path("a")));
}

TEST_F(ListenSocketsTest, WhatSomebodyUsesIsNotReplaced) {
  const auto alive = base::listen_unix(path("a"), 0600);
  ListenSockets sockets;
  EXPECT_EQ(failure(sockets, one({address("a")})),
            "cannot listen at " + address("a") + ": another socket listens there");
  test_support::write_file(path("b"), "text");
  EXPECT_EQ(failure(sockets, one({address("b")})),
            "cannot listen at " + address("b") + ": there is a file that is no socket");
  EXPECT_EQ(test_support::read_file(path("b")), "text");
  EXPECT_THAT(failure(sockets, one({address("b/c")})), HasSubstr("Not a directory"));
}

TEST_F(ListenSocketsTest, SaysThatNoInterfaceHasTheAddress) {
  ListenSockets sockets;
  EXPECT_EQ(failure(sockets, one({"tcp://203.0.113.1:8099"})),
            "cannot listen at tcp://203.0.113.1:8099: no interface of this machine or container "
            "has that address");
}

TEST_F(ListenSocketsTest, AStartGetsThemInTheirOrder) {
  ListenSockets sockets;
  const auto services = one({address("b"), address("a")});
  EXPECT_THAT(sockets.open_missing(services), IsEmpty());
  const auto passed = sockets.sockets_of(services.at("web"));
  ASSERT_TRUE(passed);
  ASSERT_EQ(passed->size(), 2U);
  EXPECT_EQ((*passed)[0].name, "b");
  EXPECT_EQ((*passed)[1].name, "a");
  sockaddr_un bound{};
  socklen_t bytes = sizeof(bound);
  ASSERT_EQ(::getsockname((*passed)[0].fd, reinterpret_cast<sockaddr*>(&bound), &bytes), 0);
  EXPECT_EQ(std::string(&bound.sun_path[0]), path("b"));
}

TEST_F(ListenSocketsTest, AStartTriesAgainAndTellsWhyItCannot) {
  ListenSockets sockets;
  const auto services = one({address("a")});
  {
    const auto alive = base::listen_unix(path("a"), 0600);
    EXPECT_NE(failure(sockets, services), "");
    const auto passed = sockets.sockets_of(services.at("web"));
    ASSERT_FALSE(passed);
    EXPECT_EQ(passed.error().message, "cannot start web: cannot listen at " + address("a") +
                                          ": another socket listens there");
  }
  EXPECT_TRUE(sockets.sockets_of(services.at("web")));
}

TEST_F(ListenSocketsTest, BothFamiliesShareAPort) {
  ListenSockets sockets;
  const std::string port = TakenPort().number();  // free from here on
  const std::string failed = failure(sockets, one({"tcp://[::]:" + port, "tcp://0.0.0.0:" + port}));
  EXPECT_TRUE(failed.empty() || failed.find("is IPv6 off?") != std::string::npos) << failed;
}

TEST_F(ListenSocketsTest, AnotherListenerIsToldOf) {
  ListenSockets sockets;
  const TakenPort taken;
  EXPECT_THAT(failure(sockets, one({"tcp://0.0.0.0:" + taken.number()})),
              HasSubstr("another socket listens there"));
}

TEST_F(ListenSocketsTest, AnAddressThatBecomesFreeIsNoFailure) {
  ListenSockets sockets;
  const std::string port = TakenPort().number();  // free from here on
  EXPECT_THAT(sockets.open_missing(one({"tcp://127.0.0.1:" + port})), IsEmpty());
  EXPECT_THAT(sockets.open_missing(one({"tcp://0.0.0.0:" + port})), IsEmpty());  // 127.0.0.1 leaves
  sockets.keep(one({"tcp://0.0.0.0:" + port}));
  EXPECT_TRUE(sockets.sockets_of(one({"tcp://0.0.0.0:" + port}).at("web")));
}

}  // namespace
}  // namespace supervisor
