#include "supervisor/process/probe.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/fd.h"

namespace supervisor {
namespace {

constexpr std::uint64_t kPatienceNs = 20 * base::kNsPerSecond;
constexpr std::uint64_t kShortNs = 30 * base::kNsPerMs;

/// A listener at a free port of this machine; answers one client when it is told to.
class Server {
 public:
  Server() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof(address);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), bytes), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &bytes), 0);
    EXPECT_EQ(::listen(fd_.get(), 4), 0);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// What the client sent.
  std::string answer(const std::string& text) const {
    const base::Fd client(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 4096> request{};
    const ssize_t count = ::recv(client.get(), request.data(), request.size(), 0);
    EXPECT_GE(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL), 0);
    return std::string(request.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  void close() { fd_.reset(); }

 private:
  base::Fd fd_;
  std::uint16_t port_ = 0;
};

std::string url(const Server& server) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + "/healthz";
}

base::Result<void> probe_answered(const std::string& answer, std::string* request = nullptr) {
  const Server server;
  std::string sent;
  std::thread thread([&] { sent = server.answer(answer); });
  base::Result<void> result = probe(parse_http_target(url(server)).value(), kPatienceNs);
  thread.join();
  if (request != nullptr) {
    *request = sent;
  }
  return result;
}

TEST(ProbeTest, ASocketThatAcceptsIsWellAndOneThatIsGoneIsNot) {
  Server server;
  const std::string port = std::to_string(server.port());
  EXPECT_TRUE(probe(parse_tcp_target(port).value(), kPatienceNs));
  EXPECT_TRUE(probe(parse_tcp_target("127.0.0.1:" + port).value(), kPatienceNs));
  server.close();
  EXPECT_FALSE(probe(parse_tcp_target("127.0.0.1:" + port).value(), kPatienceNs));
}

TEST(ProbeTest, AUrlIsWellWith200To399) {
  EXPECT_TRUE(probe_answered("HTTP/1.1 200 OK\r\n\r\n"));
  EXPECT_TRUE(probe_answered("HTTP/1.0 399\n"));
  EXPECT_EQ(probe_answered("HTTP/1.1 503 No\r\n\r\n").error().message,
            "it answers with status 503");
  EXPECT_FALSE(probe_answered("HTTP/1.1 199 No\r\n\r\n"));
  EXPECT_FALSE(probe_answered("220 mail ready\r\n"));
  EXPECT_FALSE(probe_answered(""));
}

TEST(ProbeTest, TheRequestNamesHostAndPath) {
  std::string request;
  EXPECT_TRUE(probe_answered("HTTP/1.1 200 OK\r\n\r\n", &request));
  EXPECT_TRUE(request.starts_with("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:")) << request;
}

TEST(ProbeTest, OneThatDoesNotAnswerTimesOut) {
  const Server server;
  const auto result = probe(parse_http_target(url(server)).value(), kShortNs);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::ErrorCode::kTimeout);
}

TEST(ProbeTest, ANameIsLookedForInTheHostsFile) {
  const Server server;
  const std::string hosts = testing::TempDir() + "/birl_probe_hosts";
  std::ofstream(hosts) << "# hosts\n127.0.0.1\tother app # app2\n";
  const auto of = [&](const std::string& name) {
    return parse_tcp_target(name + ":" + std::to_string(server.port())).value();
  };
  EXPECT_TRUE(probe(of("app"), kPatienceNs, hosts));
  EXPECT_FALSE(probe(of("app2"), kPatienceNs, hosts));
  EXPECT_FALSE(probe(of("app"), kPatienceNs, "/no/hosts"));
}

TEST(ProbeTest, AFileIsThereOrNot) {
  EXPECT_TRUE(probe(parse_file_target("/").value(), kPatienceNs));
  EXPECT_FALSE(probe(parse_file_target("/no/such/file").value(), kPatienceNs));
}

}  // namespace
}  // namespace supervisor
