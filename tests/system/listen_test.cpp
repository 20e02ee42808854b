// Sockets that birl holds for its services. Covers supervisor/listen_sockets.h.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <set>

#include "tests/support/control_client.h"
#include "tests/support/instance.h"
#include "tests/support/require.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

using testing::HasSubstr;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A TCP port that nobody has, kept from others until release().
class FreePort {
 public:
  FreePort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t bytes = sizeof(address);
    require(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), bytes) == 0 &&
                ::listen(fd_.get(), 1) == 0 &&
                ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &bytes) == 0,
            "bind a port");
    port_ = ntohs(address.sin_port);
  }
  void release() { fd_.reset(); }
  [[nodiscard]] std::uint16_t number() const { return port_; }
  [[nodiscard]] std::string address() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  base::Fd fd_;
  std::uint16_t port_ = 0;
};

base::Fd connect_to_port(std::uint16_t port) {
  base::Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    client.reset();
  }
  return client;
}

/// All that the other side says until it closes; gives up on one that says nothing.
std::string read_answer(const base::Fd& client) {
  const timeval patience{.tv_sec = kPatience.count() / 1000, .tv_usec = 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string text;
  std::array<char, 64> bytes{};
  for (ssize_t count = 0; (count = ::read(client.get(), bytes.data(), bytes.size())) > 0;) {
    text.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return text;
}

class ListenTest : public WorldTest {
 protected:
  static std::string serving(const std::string& listen, const std::string& count = "1000000") {
    return "[service.web]\ncommand = [\"@ACTOR@\", \"serve\", \"" + count +
           "\"]\nbackoff = { initial = \"1ms\", factor = 1 }\nlisten = " + listen + "\n";
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, ListenTest, both_worlds(), name_of_world);

TEST_P(ListenTest, NobodyIsRefusedOverFiftyKills) {
  constexpr std::size_t kRuns = 51;
  FreePort port;
  port.release();
  Instance birl(
      {.config = serving("[\"" + port.address() + "\", \"unix:@DIR@/sub/web.sock\"]", "20"),
       .world = world()});
  const std::string path = birl.directory() / "sub/web.sock";
  ASSERT_TRUE(eventually([&] { return exists(path); }));
  std::set<std::string> servers;
  bool is_unix = false;
  while (servers.size() < kRuns) {
    is_unix = !is_unix;
    const base::Fd client = is_unix ? connect_to(path) : connect_to_port(port.number());
    ASSERT_TRUE(client.valid()) << "refused by run " << servers.size();
    const std::string answer = read_answer(client);
    ASSERT_NE(answer, "") << "not answered by run " << servers.size();
    servers.insert(answer);
  }
  EXPECT_GE(birl.service("web")["restarts"], 50);
  EXPECT_EQ(birl.stop(), 0);
  EXPECT_FALSE(exists(path));
}

TEST_P(ListenTest, WhoConnectsBeforeTheStartIsAnsweredThen) {
  Instance birl(
      {.config = serving("[\"unix:@DIR@/web.sock\"]") + "start = \"manual\"\n", .world = world()});
  const std::string path = birl.directory() / "web.sock";
  ASSERT_TRUE(birl.wait_state("web", "stopped"));
  const base::Fd early = connect_to(path);
  ASSERT_TRUE(early.valid());
  ASSERT_EQ(birl.cli({"start", "web"}).code, 0);
  EXPECT_NE(read_answer(early), "");
  ASSERT_EQ(birl.cli({"stop", "web"}).code, 0);
  const base::Fd late = connect_to(path);
  ASSERT_TRUE(late.valid());
  ASSERT_EQ(birl.cli({"start", "web"}).code, 0);
  EXPECT_NE(read_answer(late), "");
  EXPECT_EQ(birl.service("web")["listen"], Json({"unix:" + path}));
  EXPECT_THAT(birl.cli({"explain", "web"}).out, HasSubstr("holds its sockets"));
}

TEST_P(ListenTest, TheServiceIsToldWhichSocketsItHas) {
  FreePort port;
  port.release();
  Instance birl({.config = R"(
[service.web]
command = ["@ACTOR@", "env", "LISTEN_FDS", "LISTEN_FDNAMES"]
primary = true
environment = { LISTEN_FDNAMES = "wrong" }
listen = [")" + port.address() +
                           R"(", "unix:@DIR@/a.sock"]
[service.other]
command = ["@ACTOR@", "env", "LISTEN_FDS"]
type = "oneshot"
requires = []
)",
                 .world = world()});
  ASSERT_EQ(birl.wait_exit(), 0);
  EXPECT_THAT(birl.stdout_text(), HasSubstr("LISTEN_FDS=2\nLISTEN_FDNAMES=tcp-" +
                                            std::to_string(port.number()) + ":a.sock\n"));
}

TEST_P(ListenTest, AStartWaitsForAnAddressThatIsTaken) {
  FreePort port;
  port.release();
  const std::string config = serving("[\"" + port.address() + "\"]");
  Instance holder({.config = config});
  ASSERT_TRUE(holder.wait_state("web", "running"));
  Instance birl({.config = config, .world = world()});
  ASSERT_TRUE(eventually([&] {
    return text_in(birl.service("web"), "reason").find("another socket listens there") !=
           std::string::npos;
  })) << birl.service("web");
  ASSERT_EQ(holder.stop(), 0);
  ASSERT_TRUE(birl.wait_state("web", "running"));
  EXPECT_NE(read_answer(connect_to_port(port.number())), "");
}

TEST_P(ListenTest, AReloadOpensAndClosesSockets) {
  Instance birl({.config = serving("[\"unix:@DIR@/one.sock\"]"), .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const auto pid = birl.service_pid("web");
  birl.write_config(serving("[\"unix:@DIR@/one.sock\", \"unix:@DIR@/two.sock\"]"));
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_NE(read_answer(connect_to(birl.directory() / "two.sock")), "");
  EXPECT_NE(birl.service_pid("web"), pid);

  const FreePort taken;
  birl.write_config(serving("[\"unix:@DIR@/two.sock\", \"" + taken.address() + "\"]"));
  const CommandResult refused = birl.cli({"reload"});
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.err, HasSubstr("cannot listen at " + taken.address()));
  EXPECT_NE(read_answer(connect_to(birl.directory() / "one.sock")), "");

  birl.write_config("[service.other]\ncommand = [\"@ACTOR@\", \"wait\"]\n");
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_FALSE(exists(birl.directory() / "one.sock"));
  EXPECT_FALSE(exists(birl.directory() / "two.sock"));
}

TEST_P(ListenTest, AnAddressMayMoveFromOneServiceToAnother) {
  Instance birl({.config = serving("[\"unix:@DIR@/web.sock\"]"), .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  const std::string path = birl.directory() / "web.sock";
  const base::Fd before = connect_to(path);
  ASSERT_NE(read_answer(before), "");
  birl.write_config(
      "[service.web]\ncommand = [\"@ACTOR@\", \"wait\"]\n[service.next]\ncommand = "
      "[\"@ACTOR@\", \"serve\", \"9\"]\nlisten = [\"unix:@DIR@/web.sock\"]\n");
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  const base::Fd after = connect_to(path);
  ASSERT_TRUE(after.valid());
  EXPECT_NE(read_answer(after), "");
}

TEST_P(ListenTest, ASocketsFileIsItsUsersAndEverybodyMayConnect) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "another user needs root";
  }
  Instance birl(
      {.config = serving("[\"unix:@DIR@/web.sock\"]") + "user = \"65534\"\n", .world = world()});
  ASSERT_TRUE(birl.wait_state("web", "running"));
  struct stat status {};
  ASSERT_EQ(::stat((birl.directory() / "web.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 65'534U);
  EXPECT_EQ(status.st_mode & 0777U, 0666U);
  EXPECT_NE(read_answer(connect_to(birl.directory() / "web.sock")), "");
}

}  // namespace
}  // namespace support
