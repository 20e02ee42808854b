// Descriptors that a service leaves with birl. Covers supervisor/fd_store.h.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <set>

#include "base/unix_socket.h"
#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/support/require.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

class FdStoreTest : public WorldTest {
 protected:
  static std::string keeping(const std::string& command, const std::string& more = "") {
    return "[service.app]\ncommand = [\"@ACTOR@\", " + command +
           "]\nstart = \"manual\"\nbackoff = { initial = \"1ms\", factor = 1 }\n" + more;
  }

  /// One line, within the patience of all; empty at the end.
  static std::string read_line(const base::Fd& connection) {
    const timeval patience{.tv_sec = kPatience.count() / 1000, .tv_usec = 0};
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    std::string line;
    char byte = 0;
    while (::read(connection.get(), &byte, 1) == 1 && byte != '\n') {
      line += byte;
    }
    return line;
  }

  static std::size_t open_descriptors(const Instance& birl) {
    const std::filesystem::directory_iterator fds("/proc/" + std::to_string(birl.pid()) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(fds), end(fds)));
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, FdStoreTest, both_worlds(), name_of_world);

TEST_P(FdStoreTest, AConnectionOutlivesTwentyKills) {
  constexpr std::size_t kKills = 20;
  Instance birl({.config = keeping("\"keep-connection\", \"@DIR@/peer.sock\"",
                                   "listen = [\"unix:@DIR@/app.sock\"]\nfd_store = 1\n"),
                 .world = world()});
  const auto listener = base::listen_unix(birl.directory() / "peer.sock", 0600);
  ASSERT_TRUE(listener && base::set_nonblocking(listener->get(), false));
  ASSERT_TRUE(birl.wait_state("app", "stopped"));
  ASSERT_EQ(birl.cli({"start", "app"}).code, 0);
  const base::Fd connection(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(connection.valid());
  std::set<std::string> pids;
  for (std::size_t i = 0; i <= kKills; ++i) {
    const std::string pid = read_line(connection);
    ASSERT_NE(pid, "") << "after " << i << " kills";
    pids.insert(pid);
    if (i < kKills) {
      ASSERT_EQ(birl.cli({"signal", "KILL", "app"}).code, 0);
    }
  }
  EXPECT_EQ(pids.size(), kKills + 1);
  EXPECT_EQ(birl.service("app")["fd_store"], Json::array({"connection"}));
  EXPECT_EQ(birl.service("app")["fd_store_max"], 1);
  ASSERT_EQ(birl.cli({"restart", "app"}).code, 0);
  EXPECT_NE(read_line(connection), "") << "a restart by hand keeps it too";
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_EQ(read_line(connection), "") << "a stop does not";
  EXPECT_EQ(birl.service("app")["fd_store"], Json::array());
}

TEST_P(FdStoreTest, AConnectionOutlivesAnUpgradeAndAKillAfterwards) {
  Instance birl({.config = keeping("\"keep-connection\", \"@DIR@/peer.sock\"",
                                   "listen = [\"unix:@DIR@/app.sock\"]\nfd_store = 1\n"),
                 .world = world()});
  const auto listener = base::listen_unix(birl.directory() / "peer.sock", 0600);
  ASSERT_TRUE(listener && base::set_nonblocking(listener->get(), false));
  ASSERT_TRUE(birl.wait_state("app", "stopped"));
  ASSERT_EQ(birl.cli({"start", "app"}).code, 0);
  const base::Fd connection(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(connection.valid());
  const std::string pid = read_line(connection);
  ASSERT_TRUE(
      eventually([&] { return birl.service("app")["fd_store"] == Json::array({"connection"}); }));
  const CommandResult upgraded = birl.cli({"upgrade"});
  ASSERT_EQ(upgraded.code, 0) << upgraded.err;
  EXPECT_EQ(birl.service("app")["fd_store"], Json::array({"connection"}));
  ASSERT_EQ(birl.cli({"signal", "KILL", "app"}).code, 0);
  const std::string next = read_line(connection);
  EXPECT_NE(next, "");
  EXPECT_NE(next, pid);
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_EQ(read_line(connection), "") << "a stop closes it as before";
}

TEST_P(FdStoreTest, ACloseThatWaitsHoldsNobodyUp) {
  const base::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  require(::bind(listener.get(), any, bytes) == 0 && ::listen(listener.get(), 1) == 0 &&
              ::getsockname(listener.get(), any, &bytes) == 0,
          "listen");
  Instance birl(
      {.config = keeping("\"store-lingering\", \"" + std::to_string(ntohs(address.sin_port)) + "\"",
                         "fd_store = 1\n"),
       .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.state("app") == "stopped"; }));
  ASSERT_EQ(birl.cli({"start", "app"}).code, 0);
  ASSERT_TRUE(eventually([&] { return birl.service("app")["fd_store"].size() == 1; }));
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_EQ(birl.state("app"), "stopped");
  // The router, and the child that waits in close().
  EXPECT_TRUE(eventually([&] { return descendants(birl.pid()).size() == 2; }));
  EXPECT_EQ(birl.cli({"start", "app"}).code, 0);
  EXPECT_TRUE(birl.wait_state("app", "running"));
}

TEST_P(FdStoreTest, AFloodLeavesBirlItsDescriptors) {
  constexpr std::size_t kStored = 4;
  Instance birl({.config = keeping("\"store-pipes\", \"2000\", \"@DIR@/done\"", "fd_store = 4\n"),
                 .world = world()});
  ASSERT_TRUE(eventually([&] { return birl.state("app") == "stopped"; }));
  ASSERT_EQ(birl.cli({"start", "app"}).code, 0);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(birl.directory() / "done"); }));
  ASSERT_EQ(birl.service("app")["fd_store"].size(), kStored);
  const std::size_t with_stored = open_descriptors(birl);
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_TRUE(eventually([&] { return open_descriptors(birl) + kStored <= with_stored; }));
  EXPECT_LT(with_stored, 200U);
}

}  // namespace
}  // namespace support
