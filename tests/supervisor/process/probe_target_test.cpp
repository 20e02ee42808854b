#include "supervisor/process/probe_target.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

ProbeTarget tcp(std::string host, std::uint16_t port) {
  return {.kind = ProbeKind::kTcp, .host = std::move(host), .port = port, .path = ""};
}
ProbeTarget http(std::string host, std::uint16_t port, std::string path) {
  return {ProbeKind::kHttp, std::move(host), port, std::move(path)};
}

TEST(ProbeTargetTest, ATcpTargetIsAPortAHostOrASocket) {
  EXPECT_EQ(parse_tcp_target("8080").value(), tcp("localhost", 8080));
  EXPECT_EQ(parse_tcp_target("10.0.0.1:80").value(), tcp("10.0.0.1", 80));
  EXPECT_EQ(parse_tcp_target("[::1]:443").value(), tcp("::1", 443));
  EXPECT_EQ(parse_tcp_target("unix:/run/app.sock").value().path, "/run/app.sock");
}

TEST(ProbeTargetTest, WhatIsNoTcpTargetIsRefused) {
  for (const char* text : {"", "0", "65536", "port", ":80", "host:", "host:http", "[::1]",
                           "[::1:80", "unix:app.sock", "unix:", "a b:80", "::1:80"}) {
    EXPECT_FALSE(parse_tcp_target(text)) << text;
  }
  EXPECT_FALSE(parse_tcp_target("unix:/" + std::string(200, 'x')));
}

TEST(ProbeTargetTest, AUrlHasAHostAPortAndAPath) {
  EXPECT_EQ(parse_http_target("http://localhost").value(), http("localhost", 80, "/"));
  EXPECT_EQ(parse_http_target("http://[::1]:81/a?b=c#d").value(), http("::1", 81, "/a?b=c"));
  EXPECT_EQ(parse_http_target("http://h?x").value(), http("h", 80, "/?x"));
}

TEST(ProbeTargetTest, WhatIsNoUrlIsRefused) {
  for (const char* text : {"", "localhost", "https://localhost/", "http://", "http://:80/",
                           "http://u@h/", "http://h:0/", "http://h/a b", "http://h/\r\nX: y"}) {
    EXPECT_FALSE(parse_http_target(text)) << text;
  }
  EXPECT_NE(parse_http_target("https://h/").error().message.find("https"), std::string::npos);
}

TEST(ProbeTargetTest, AFileIsAnAbsolutePath) {
  EXPECT_EQ(parse_file_target("/run/ready").value().path, "/run/ready");
  EXPECT_FALSE(parse_file_target("ready"));
}

}  // namespace
}  // namespace supervisor
