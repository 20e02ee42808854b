#include "logging/router/dead_letters.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace logging {
namespace {

class DeadLettersTest : public testing::Test {
 protected:
  DeadLettersTest() : pipe_(*base::make_pipe(O_NONBLOCK)) {
    ::fcntl(pipe_.read.get(), F_SETPIPE_SZ, 4096);
  }

  std::string read(std::size_t bytes = 1U << 20U) {
    std::string all(bytes, '\0');
    const ssize_t count = ::read(pipe_.read.get(), all.data(), all.size());
    all.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return all;
  }

  base::Pipe pipe_;
  DeadLetters letters_;
};

TEST_F(DeadLettersTest, EachIsALine) {
  letters_.add("dead", std::move(pipe_.write), false);
  EXPECT_TRUE(letters_.put("dead", "one"));
  EXPECT_TRUE(letters_.put("dead", "two"));
  EXPECT_TRUE(letters_.put("other", "for nobody"));
  EXPECT_EQ(read(), "one\ntwo\n");
}

TEST_F(DeadLettersTest, WhatDoesNotFitIsTheCallersStill) {
  letters_.add("dead", std::move(pipe_.write), false);
  while (letters_.put("dead", std::string(999, 'x'))) {
  }
  const std::string late(999, 'y');
  EXPECT_FALSE(letters_.put("dead", late));
  (void)read();
  EXPECT_TRUE(letters_.put("dead", late));
  EXPECT_EQ(read(), late + "\n");
}

TEST_F(DeadLettersTest, TheRestOfAHalfWrittenLineGoesBeforeTheNext) {
  letters_.add("dead", std::move(pipe_.write), false);
  const std::string large(10'000, 'x');
  EXPECT_TRUE(letters_.put("dead", large));
  EXPECT_FALSE(letters_.put("dead", "next"));
  std::string all = read();
  while (!letters_.put("dead", "next")) {
    all += read();
  }
  all += read();
  EXPECT_EQ(all, large + "\nnext\n");
}

TEST_F(DeadLettersTest, WhatAnotherRouterLeftHalfIsEnded) {
  ASSERT_EQ(::write(pipe_.write.get(), "half", 4), 4);
  letters_.add("dead", std::move(pipe_.write), true);
  EXPECT_TRUE(letters_.put("dead", "whole"));
  EXPECT_EQ(read(), "half\nwhole\n");
}

}  // namespace
}  // namespace logging
