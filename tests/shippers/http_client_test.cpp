// The HTTP client against a strict server: connections that live, limits, failures, the end.
#include "shippers/http/http_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "shippers/http/curl_options.h"
#include "shippers/http/gzip.h"
#include "shippers/http/http_destination.h"
#include "shippers/http/http_transfer.h"
#include "tests/support/fake_http.h"

namespace shippers {
namespace {

using support::FakeHttp;
using Act = FakeHttp::Act;

/// A channel whose answers can be waited for.
class Answers {
 public:
  explicit Answers(HttpClient& client) : client_(client) {
    channel_ = *client.open_channel([this](std::uint64_t request, HttpResponse response) {
      const std::scoped_lock lock(mutex_);
      answers_.emplace(request, std::move(response));
      arrived_.notify_all();
    });
  }
  ~Answers() { client_.close_channel(channel_); }

  HttpResponse ask(HttpRequest request) {
    const std::uint64_t id = next_++;
    client_.send(channel_, id, std::move(request));
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return answers_.contains(id); });
    return answers_.at(id);
  }
  [[nodiscard]] std::uint64_t channel() const { return channel_; }

 private:
  HttpClient& client_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::uint64_t, HttpResponse> answers_;
  std::uint64_t channel_ = 0;
  std::uint64_t next_ = 1;
};

HttpRequest request_to(const FakeHttp& server, std::string body = "hello\n") {
  HttpRequest request;
  request.url = server.url() + "/path";
  request.headers = {"Content-Type: text/plain"};
  request.body = std::move(body);
  return request;
}

TEST(HttpClientTest, AThreadThatComputesForTooLongIsFound) {
  FakeHttp server;
  constexpr std::uint64_t kLimitNs = 1000;
  logging::HangWatch watch(kLimitNs);
  ASSERT_TRUE(watch.open());
  HttpClient client;
  client.watch(watch);
  std::atomic<bool> found{false};
  const std::uint64_t channel = *client.open_channel([&](std::uint64_t, const HttpResponse&) {
    while (!found.load()) {
    }
  });
  client.send(channel, 1, request_to(server));
  const std::string* name = nullptr;
  while (name == nullptr) {
    name = watch.check(base::monotonic_ns());
  }
  EXPECT_EQ(*name, "network");
  found.store(true);
  client.close_channel(channel);
}

TEST(HttpClientTest, TheThreadEndsWithTheLastChannelAndBeginsAgainWithTheNext) {
  FakeHttp server;
  HttpClient client;
  for (int life = 0; life < 3; ++life) {
    Answers answers(client);
    EXPECT_EQ(answers.ask(request_to(server)).status, 200);
  }
}

TEST(HttpClientTest, ARequestIsWhatWasAskedForAndConnectionsLive) {
  FakeHttp server;
  server.set_usual({.status = 200, .body = "fine"});
  HttpClient client;
  Answers answers(client);
  const HttpResponse first = answers.ask(request_to(server));
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "fine");
  EXPECT_EQ(answers.ask(request_to(server, std::string(3'000'000, 'x'))).status, 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].path, "/path");
  EXPECT_EQ(requests[0].body, "hello\n");
  EXPECT_EQ(requests[1].body.size(), 3'000'000U);
  EXPECT_EQ(requests[0].peer_port, requests[1].peer_port) << "the connection was not kept";
  EXPECT_TRUE(server.problems().empty()) << server.problems().front();
}

TEST(HttpClientTest, RetryAfterIsHandedOnAndBodiesAreBounded) {
  FakeHttp server;
  server.set_usual(
      {.status = 429, .body = std::string(500'000, 'x'), .headers = {"retry-AFTER:  17 "}});
  HttpClient client;
  Answers answers(client);
  const HttpResponse response = answers.ask(request_to(server));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.retry_after, "17");
  EXPECT_EQ(response.body.size(), 64U * 1024U);
}

TEST(HttpClientTest, ARedirectIsNotFollowed) {
  FakeHttp other;
  FakeHttp server;
  server.set_usual({.status = 302, .headers = {"Location: " + other.url() + "/"}});
  HttpClient client;
  Answers answers(client);
  EXPECT_EQ(answers.ask(request_to(server)).status, 302);
  EXPECT_TRUE(other.requests().empty());
}

TEST(HttpClientTest, FailuresHaveNoStatusAndAReason) {
  FakeHttp server;
  server.script({{.act = Act::kReset}, {.act = Act::kHang}});
  HttpClient client;
  Answers answers(client);
  const HttpResponse reset = answers.ask(request_to(server, std::string(100'000, 'x')));
  EXPECT_EQ(reset.status, 0);
  EXPECT_NE(reset.error, "");
  HttpRequest hanging = request_to(server);
  hanging.timeout_ms = 50;
  EXPECT_EQ(answers.ask(hanging).status, 0);
  HttpRequest nowhere = request_to(server);
  nowhere.url = "http://127.0.0.1:1/";
  EXPECT_EQ(answers.ask(nowhere).status, 0);
}

TEST(HttpClientTest, AClosedChannelGetsNoAnswerAndOthersGoOn) {
  FakeHttp server;
  server.script({{.act = Act::kHang}});
  HttpClient client;
  Answers answers(client);
  {
    Answers closed(client);
    client.send(closed.channel(), 1, request_to(server));
    while (server.requests().empty()) {
      std::this_thread::yield();  // it is on its way
    }
  }
  EXPECT_EQ(answers.ask(request_to(server)).status, 200);
}

TEST(HttpDestinationTest, RequestsArePackedSignedAndClassified) {
  FakeHttp server;
  server.set_usual({.status = 503, .headers = {"Retry-After: 2"}});
  HttpClient client;
  logging::SinkConfig config;
  config.type = logging::SinkType::kHttp;
  config.http.url = server.url() + "/in";
  config.http.method = logging::HttpMethod::kPut;
  config.http.body = logging::HttpBody::kText;
  config.http.headers = {{"X-Kind", "test"}};
  config.http.auth.basic.text = "user:pass";
  config.network.compress = logging::Compress::kGzip;
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Outcome> outcome;
  HttpDestination destination(config, client);
  destination.set_answer([&](std::uint64_t, Outcome answer) {
    const std::scoped_lock lock(mutex);
    outcome = std::move(answer);
    arrived.notify_all();
  });
  const std::vector<SpoolEvent> events{{.key = {}, .text = "one\n"}, {.key = {}, .text = "two\n"}};
  destination.send(1, events);
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return outcome.has_value(); });
  EXPECT_EQ(outcome->verdict, Verdict::kRetry);
  EXPECT_EQ(outcome->retry_after_ns, 2'000'000'000U);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.body, "one\ntwo\n");
  EXPECT_EQ(request.headers.at("content-encoding"), "gzip");
  EXPECT_EQ(request.headers.at("authorization"), "Basic dXNlcjpwYXNz");
  EXPECT_EQ(request.headers.at("x-kind"), "test");
  EXPECT_TRUE(server.problems().empty()) << server.problems().front();
}

TEST(GzipTest, WhatIsPackedUnpacksToTheSame) {
  for (const std::string& text : {std::string(), std::string("x"), std::string(1'000'000, 'y')}) {
    std::string unpacked;
    ASSERT_TRUE(support::gunzip(gzip(text), unpacked));
    EXPECT_EQ(unpacked, text);
  }
}

}  // namespace
}  // namespace shippers
