#include "base/endpoint.h"

#include <gtest/gtest.h>

namespace base {

void PrintTo(const Endpoint& endpoint, std::ostream* out) {
  *out << format_endpoint(endpoint);
}

namespace {

using Kind = Endpoint::Kind;

TEST(EndpointTest, EachSchemeIsReadAndWrittenAgain) {
  const std::vector<std::pair<std::string, Endpoint>> cases{
      {"udp://h:514", {.kind = Kind::kUdp, .host = "h", .port = 514, .path = ""}},
      {"tcp://10.0.0.1", {.kind = Kind::kTcp, .host = "10.0.0.1", .port = 0, .path = ""}},
      {"tls://[2001:db8::1]:6514",
       {.kind = Kind::kTls, .host = "2001:db8::1", .port = 6514, .path = ""}},
      {"tls://[::1]", {.kind = Kind::kTls, .host = "::1", .port = 0, .path = ""}},
      {"unix:/dev/log", {.kind = Kind::kUnix, .host = "", .port = 0, .path = "/dev/log"}}};
  for (const auto& [text, endpoint] : cases) {
    const auto parsed = parse_endpoint(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, endpoint) << text;
    EXPECT_EQ(format_endpoint(endpoint), text);
  }
}

TEST(EndpointTest, AMissingPortIsShownAsTheDefault) {
  EXPECT_EQ(format_endpoint(*parse_endpoint("tcp://h"), 601), "tcp://h:601");
  EXPECT_EQ(format_endpoint(*parse_endpoint("tcp://h:1"), 601), "tcp://h:1");
}

TEST(EndpointTest, WhatIsWrongIsSaid) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"h:514", "it must begin with udp://, tcp://, tls:// or unix:/"},
      {"http://h", "it must begin with udp://, tcp://, tls:// or unix:/"},
      {"unix:log", "the path must begin with /"},
      {"tcp://:514", "\"\" is no host"},
      {"tcp://h/x", "\"h/x\" is no host"},
      {"tcp://u@h:1", "\"u@h\" is no host"},
      {"tcp://h:", "\"\" is no port"},
      {"tcp://h:0", "\"0\" is no port"},
      {"tcp://h:65536", "\"65536\" is no port"},
      {"tcp://[::1", "the address in brackets has no end"},
      {"tcp://[::1]514", "\"514\" behind the host is no port"}};
  for (const auto& [text, message] : cases) {
    const auto parsed = parse_endpoint(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message, message) << text;
  }
}

}  // namespace
}  // namespace base
