#include "base/listen_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <array>
#include <string>

namespace base {
namespace {

std::string shown(std::string_view text) {
  const auto parsed = parse_listen_address(text);
  if (!parsed) {
    return parsed.error().message;
  }
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (parsed->address.ss_family == AF_INET6) {
    const auto* six = reinterpret_cast<const sockaddr_in6*>(&parsed->address);
    ::inet_ntop(AF_INET6, &six->sin6_addr, host.data(), host.size());
    return std::string(host.data()) + " " + std::to_string(::ntohs(six->sin6_port));
  }
  const auto* four = reinterpret_cast<const sockaddr_in*>(&parsed->address);
  ::inet_ntop(AF_INET, &four->sin_addr, host.data(), host.size());
  return std::string(host.data()) + " " + std::to_string(::ntohs(four->sin_port));
}

TEST(ListenAddressTest, APortAloneIsOfTheLoopback) {
  EXPECT_EQ(shown("9100"), "127.0.0.1 9100");
  EXPECT_EQ(shown("localhost:9100"), "127.0.0.1 9100");
  EXPECT_EQ(shown("10.0.0.1:9100"), "10.0.0.1 9100");
  EXPECT_EQ(shown("*:9100"), "0.0.0.0 9100");
  EXPECT_EQ(shown("[::1]:9100"), "::1 9100");
  EXPECT_EQ(shown("0"), "127.0.0.1 0");
}

TEST(ListenAddressTest, WhatIsNoneIsTold) {
  const std::string no_port = "the port is not 0 to 65535";
  const std::string no_address = "it is no PORT, ADDRESS:PORT or *:PORT";
  EXPECT_EQ(shown(""), no_port);
  EXPECT_EQ(shown("x"), no_port);
  EXPECT_EQ(shown("127.0.0.1"), no_port);
  EXPECT_EQ(shown("65536"), no_port);
  EXPECT_EQ(shown("host:80"), no_address);
  EXPECT_EQ(shown("[::1:80"), no_address);
  EXPECT_EQ(shown(":80"), no_address);
}

}  // namespace
}  // namespace base
