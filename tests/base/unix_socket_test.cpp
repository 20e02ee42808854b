#include "base/unix_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>

namespace base {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

TEST(UnixSocketTest, AMessageCarriesDescriptors) {
  const SocketPair pair = *make_socket_pair();
  const Pipe pipe = *make_pipe();
  const std::array<int, 1> fds{pipe.write.get()};
  ASSERT_TRUE(send_message(pair.first.get(), bytes_of("hello"), fds));
  const auto message = *receive_message(pair.second.get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->bytes, bytes_of("hello"));
  ASSERT_EQ(message->fds.size(), 1U);
  ASSERT_EQ(::write(message->fds[0].get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 1);
}

TEST(UnixSocketTest, AClosedPeerIsUnavailableAndAnEmptySocketHasNoMessage) {
  SocketPair pair = *make_socket_pair();
  ASSERT_TRUE(set_nonblocking(pair.first.get(), true));
  EXPECT_FALSE(receive_message(pair.first.get())->has_value());
  pair.second.reset();
  EXPECT_EQ(receive_message(pair.first.get()).error().code, ErrorCode::kUnavailable);
}

TEST(UnixSocketTest, AFullSocketSaysTryAgain) {
  const SocketPair pair = *make_socket_pair();
  ASSERT_TRUE(set_nonblocking(pair.first.get(), true));
  const std::vector<std::byte> large(32 * 1024);
  Result<void> sent;
  for (int count = 0; count < 1'000 && sent; ++count) {
    sent = send_message(pair.first.get(), large, {});
  }
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kLimit);
}

TEST(UnixSocketTest, ListensWithItsModeAndReplacesAStaleSocket) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("birl-test-" + std::to_string(::getpid())));
  { const Fd stale = *listen_unix(path, 0600); }
  const Fd listener = *listen_unix(path, 0660);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
  const Fd client = *connect_unix(path);
  EXPECT_EQ(peer_credentials(client.get())->pid, ::getpid());
  std::filesystem::remove(path);
}

TEST(UnixSocketTest, ATooLongPathIsAnErrorThatSaysSo) {
  const auto result = listen_unix(std::string(200, 'x'), 0600);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("longer than"), std::string::npos);
}

}  // namespace
}  // namespace base
