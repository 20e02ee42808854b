// [http] listen from outside: probes and Prometheus text, also while the router is away.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/support/instance.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Listens on a port of its own.
base::Fd take_port(std::uint16_t& port) {
  base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_EQ(::listen(socket.get(), 1), 0);
  port = ::ntohs(address.sin_port);
  return socket;
}

/// A port that nobody has, for a moment at least.
std::uint16_t free_port() {
  std::uint16_t port = 0;
  (void)take_port(port);
  return port;
}

std::string get(std::uint16_t port, const std::string& path) {
  const base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return "";
  }
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 65'536> part{};
  for (ssize_t count = 0; (count = ::recv(socket.get(), part.data(), part.size(), 0)) > 0;) {
    answer.append(part.data(), static_cast<std::size_t>(count));
  }
  return answer;
}

std::string config_for(std::uint16_t port) {
  return R"(
[birl]
state_directory = "@DIR@/state"
[http]
listen = ")" +
         std::to_string(port) + R"("
[service.app]
primary = true
log = ["files"]
command = "echo one; echo two; exec @ACTOR@ wait"
[service.slow]
log = []
command = ["@ACTOR@", "wait"]
ready = {file = "@DIR@/ready"}
[sink.files]
type = "file"
path = "@DIR@/log"
)";
}

TEST(HttpPagesTest, ProbesAndMetricsAreServed) {
  const std::uint16_t port = free_port();
  Instance birl({.config = config_for(port)});
  ASSERT_TRUE(eventually([&] { return get(port, "/livez").starts_with("HTTP/1.1 200"); }));
  EXPECT_THAT(get(port, "/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(get(port, "/healthz"), HasSubstr("slow: "));
  write_text(birl.expand("@DIR@/ready"), "");
  EXPECT_TRUE(eventually([&] { return get(port, "/readyz").starts_with("HTTP/1.1 200"); }));
  ASSERT_TRUE(eventually([&] {
    return get(port, "/metrics")
               .find("birl_sink_delivered_lines_total{sink=\"files\",type=\"file\"} 2\n") !=
           std::string::npos;
  }));
  const std::string metrics = get(port, "/metrics");
  EXPECT_THAT(metrics,
              HasSubstr("birl_service_log_lines_total{service=\"app\",stream=\"stdout\"} 2\n"));
  EXPECT_THAT(metrics, HasSubstr("birl_service_state{service=\"app\",state=\"running\"} 1\n"));
}

TEST(HttpPagesTest, TheNextRouterServesThemToo) {
  const std::uint16_t port = free_port();
  Instance birl({.config = config_for(port)});
  ASSERT_TRUE(eventually([&] { return get(port, "/livez").starts_with("HTTP/1.1 200"); }));
  ASSERT_TRUE(birl.router_pid());
  ::kill(*birl.router_pid(), SIGKILL);
  EXPECT_TRUE(eventually([&] {
    return get(port, "/metrics").find("birl_router_restarts_total 1\n") != std::string::npos;
  }));
}

TEST(HttpPagesTest, AReloadOpensAndClosesThem) {
  const std::uint16_t port = free_port();
  const std::string with = config_for(port);
  std::string without = with;
  without.erase(without.find("[http]"), without.find("[service.app]") - without.find("[http]"));
  Instance birl({.config = without});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_EQ(get(port, "/livez"), "");
  birl.write_config(with);
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_TRUE(eventually([&] { return get(port, "/livez").starts_with("HTTP/1.1 200"); }));
  birl.write_config(without);
  ASSERT_EQ(birl.cli({"reload"}).code, 0);
  EXPECT_TRUE(eventually([&] { return get(port, "/livez").empty(); }));
}

TEST(HttpPagesTest, APortThatIsTakenIsToldAndStopsNothing) {
  std::uint16_t port = 0;
  const base::Fd other = take_port(port);
  Instance birl({.config = config_for(port)});
  ASSERT_TRUE(birl.wait_state("app", "running"));
  EXPECT_TRUE(
      eventually([&] { return birl.stderr_text().find("cannot listen on") != std::string::npos; }));
}

}  // namespace
}  // namespace support
