// The pages of [http] listen against a control server with a fake fleet.
#include "supervisor/metrics/http_pages.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "tests/supervisor/control/server_fixture.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string fetch(std::uint16_t port, const std::string& request) {
  const base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return "no connection";
  }
  send_all(socket.get(), request + "\r\nHost: h\r\nConnection: close\r\n\r\n");
  return read_all(socket.get());
}

class HttpPagesTest : public ControlServerTest {
 protected:
  HttpPagesTest() { serve(); }

  std::string get(const std::string& path) {
    return fetch(pages().port(), "GET " + path + " HTTP/1.1");
  }
  HttpPages& pages() {
    if (pages_ == nullptr) {
      pages_ = std::move(*HttpPages::open("0", path()));
    }
    return *pages_;
  }

 private:
  std::unique_ptr<HttpPages> pages_;
};

TEST_F(HttpPagesTest, MetricsAreThoseOfTheInstance) {
  const std::string answer = get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
  EXPECT_THAT(answer, HasSubstr("birl_service_state{service=\"web\",state=\"running\"} 1"));
}

TEST_F(HttpPagesTest, ReadyAndLiveAreTwoQuestions) {
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503")) << "db starts at boot and is stopped";
  EXPECT_THAT(get("/healthz"), HasSubstr("db: "));
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/livez"), HasSubstr("\r\n\r\nok\n"));
}

TEST_F(HttpPagesTest, WhatIsNotThereIsToldAndNothingIsTaken) {
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(fetch(pages().port(), "POST /metrics HTTP/1.1\r\nContent-Length: 0"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(fetch(pages().port(), "GET /" + std::string(100'000, 'x') + " HTTP/1.1"),
              testing::AnyOf(StartsWith("HTTP/1.1 4"), testing::IsEmpty()));
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpPagesAloneTest, WithoutAnInstanceTheAnswerIsUnavailable) {
  EXPECT_EQ(make_page("/no/such/control.sock", "/livez").status, 503U);
  EXPECT_EQ(make_page("/no/such/control.sock", "/metrics").status, 503U);
  EXPECT_EQ(make_page("/no/such/control.sock", "/x").status, 404U);
}

TEST(HttpPagesAloneTest, APortThatIsTakenIsTold) {
  const auto first = HttpPages::open("0", "/x");
  ASSERT_TRUE(first);
  const auto second = HttpPages::open(std::to_string((*first)->port()), "/x");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen on "));
}

}  // namespace
}  // namespace supervisor
