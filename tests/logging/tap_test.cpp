#include "logging/tap.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>

namespace logging {
namespace {

constexpr int kSmallPipe = 4096;

class TapTest : public testing::Test {
 protected:
  TapTest() : pipe_(*base::make_pipe(O_NONBLOCK)) {
    ::signal(SIGPIPE, SIG_IGN);
    ::fcntl(pipe_.read.get(), F_SETPIPE_SZ, kSmallPipe);
    tap_.add(std::move(pipe_.write));
  }

  std::string read() {
    std::string all;
    std::array<char, 8192> buffer{};
    for (ssize_t count = 0; (count = ::read(pipe_.read.get(), buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }

  base::Pipe pipe_;
  Tap tap_;
};

TEST_F(TapTest, EveryReaderGetsWhatIsWritten) {
  base::Pipe second = *base::make_pipe(O_NONBLOCK);
  tap_.add(std::move(second.write));
  std::string one = "one ";
  std::string two = "line\n";
  const std::array<iovec, 2> parts{{{one.data(), one.size()}, {two.data(), two.size()}}};
  tap_.offer(parts);
  tap_.offer("another\n");
  EXPECT_EQ(read(), "one line\nanother\n");
  std::array<char, 64> buffer{};
  EXPECT_EQ(::read(second.read.get(), buffer.data(), buffer.size()), 17);
}

TEST_F(TapTest, WhatDoesNotFitIsTold) {
  std::string much(kSmallPipe - 10, 'x');
  much.push_back('\n');
  tap_.offer(much);
  tap_.offer("a line that does not fit\n");
  tap_.offer("nor does this\n");
  EXPECT_EQ(read(), much);
  tap_.offer("there is room again\n");
  EXPECT_EQ(read(), "birl: 39 bytes are not shown, for they came too fast\nthere is room again\n");
  tap_.offer("and so on\n");
  EXPECT_EQ(read(), "and so on\n");
}

/// More than a pipe promises to take whole.
TEST_F(TapTest, WhatFitsInPartEndsBeforeItIsTold) {
  std::string much(3 * kSmallPipe, 'x');
  much.push_back('\n');
  tap_.offer(much);
  EXPECT_EQ(read(), std::string(kSmallPipe, 'x'));
  tap_.offer("more\n");
  EXPECT_EQ(read(), "\nbirl: 8193 bytes are not shown, for they came too fast\nmore\n");
}

TEST_F(TapTest, AReaderThatIsGoneIsForgotten) {
  EXPECT_TRUE(tap_.is_wanted());
  pipe_.read.reset();
  tap_.offer("nobody reads this\n");
  EXPECT_FALSE(tap_.is_wanted());
}

}  // namespace
}  // namespace logging
