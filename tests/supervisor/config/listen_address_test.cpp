// Covers supervisor/config/validate_listen.cpp by tests/golden/config/77-bad-listen.toml.
#include "supervisor/config/listen_address.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace supervisor {
namespace {

std::string one_spelling(std::string_view text) {
  const auto address = parse_listen_address(text);
  return address ? format_listen_address(*address) : address.error().message;
}

TEST(ListenAddressTest, HasOneSpellingForEachAddress) {
  EXPECT_EQ(one_spelling("tcp://0.0.0.0:80"), "tcp://0.0.0.0:80");
  EXPECT_EQ(one_spelling("tcp://[0:0::1]:80"), "tcp://[::1]:80");
  EXPECT_EQ(one_spelling("udp://127.0.0.1:514"), "udp://127.0.0.1:514");
  EXPECT_EQ(one_spelling("unix:/run/a.sock"), "unix:/run/a.sock");
}

TEST(ListenAddressTest, SaysWhatIsWrong) {
  EXPECT_EQ(one_spelling("80"), "\"80\" does not begin with tcp://, udp:// or unix:/");
  EXPECT_EQ(one_spelling("tls://1.2.3.4:80"),
            "\"tls://1.2.3.4:80\" does not begin with tcp://, udp:// or unix:/");
  EXPECT_EQ(one_spelling("tcp://localhost:80"),
            "\"localhost\" is no numeric address (0.0.0.0 and [::] are all, 127.0.0.1 and [::1] "
            "this machine)");
  EXPECT_EQ(one_spelling("tcp://127.0.0.1"), "it has no port");
  EXPECT_EQ(one_spelling("tcp://127.0.0.1:70000"), "\"70000\" is no port");
  EXPECT_EQ(one_spelling("unix:a.sock"), "the path must begin with /");
  EXPECT_EQ(one_spelling("unix:/run/"), "\"/run/\" is no path of a socket, of at most 107 bytes");
  EXPECT_EQ(one_spelling("unix:/" + std::string(107, 'x')),
            "\"/" + std::string(107, 'x') + "\" is no path of a socket, of at most 107 bytes");
}

TEST(ListenAddressTest, IsNamedForTheService) {
  EXPECT_EQ(listen_name(*parse_listen_address("tcp://[::]:80")), "tcp-80");
  EXPECT_EQ(listen_name(*parse_listen_address("udp://0.0.0.0:53")), "udp-53");
  EXPECT_EQ(listen_name(*parse_listen_address("unix:/run/a:b c.sock")), "a_b_c.sock");
}

TEST(ListenAddressTest, MakesWhatTheKernelTakes) {
  const SocketAddress ipv4 = make_socket_address(*parse_listen_address("tcp://127.0.0.1:80"));
  EXPECT_EQ(ipv4.ipv4.sin_family, AF_INET);
  EXPECT_EQ(ntohs(ipv4.ipv4.sin_port), 80);
  EXPECT_EQ(ntohl(ipv4.ipv4.sin_addr.s_addr), INADDR_LOOPBACK);
  const SocketAddress ipv6 = make_socket_address(*parse_listen_address("tcp://[::1]:8080"));
  EXPECT_EQ(ipv6.ipv6.sin6_family, AF_INET6);
  EXPECT_EQ(ntohs(ipv6.ipv6.sin6_port), 8080);
  const SocketAddress path = make_socket_address(*parse_listen_address("unix:/run/a.sock"));
  EXPECT_EQ(path.unix_path.sun_family, AF_UNIX);
  EXPECT_STREQ(&path.unix_path.sun_path[0], "/run/a.sock");
}

}  // namespace
}  // namespace supervisor
