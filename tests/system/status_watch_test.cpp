// `birl status --watch` on a terminal. Covers supervisor/control/cmd_status.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "tests/support/instance.h"
#include "tests/support/paths.h"
#include "tests/support/terminal.h"

namespace support {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kRedraw = "\x1b[H\x1b[J";

std::string services(int count) {
  std::string config;
  for (int i = 0; i < count; ++i) {
    config += "[service.app" + std::to_string(i) + "]\ncommand = [\"@ACTOR@\", \"wait\"]\n";
  }
  return config;
}

/// What the last frame has.
std::string last_frame(const Terminal& terminal) {
  const std::size_t begin = terminal.screen().rfind(kRedraw);
  return begin == std::string::npos ? "" : terminal.screen().substr(begin + std::strlen(kRedraw));
}

std::vector<std::string> watch(const Instance& birl) {
  return {birl_path(), "status", "--watch", "--socket", birl.socket_path()};
}

TEST(StatusWatchTest, RedrawsInPlaceAndLeavesTheTerminalAsItWas) {
  Instance birl({.config = services(1)});
  ASSERT_TRUE(birl.wait_state("app0", "running"));
  Terminal terminal(watch(birl), Terminal::Place::kLeader);
  ASSERT_TRUE(terminal.shows("running")) << terminal.screen();
  const termios before = terminal.modes();
  ASSERT_EQ(birl.cli({"stop", "app0"}).code, 0);
  ASSERT_TRUE(terminal.shows("stopped")) << terminal.screen();
  EXPECT_THAT(last_frame(terminal), HasSubstr("stopped"));
  EXPECT_THAT(last_frame(terminal), Not(HasSubstr("app0     running")));
  terminal.type("\x03");
  EXPECT_EQ(terminal.wait_exit(), -SIGINT);
  const termios after = terminal.modes();
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  EXPECT_EQ(after.c_iflag, before.c_iflag);
  EXPECT_EQ(after.c_oflag, before.c_oflag);
  // No mode was set (alternate screen, hidden cursor): there is none to be undone.
  EXPECT_THAT(terminal.screen(), Not(HasSubstr("\x1b[?")));
}

TEST(StatusWatchTest, AFrameIsNoLargerThanTheScreen) {
  Instance birl({.config = services(30)});
  ASSERT_TRUE(birl.wait_state("app29", "running"));
  Terminal terminal(watch(birl), Terminal::Place::kLeader);
  ASSERT_TRUE(terminal.shows("more lines")) << terminal.screen();
  terminal.resize(8, 30);
  terminal.forget_screen();
  ASSERT_EQ(birl.cli({"stop", "app0"}).code, 0);
  ASSERT_TRUE(terminal.shows("stopped")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("more lines")) << terminal.screen();
  const std::vector<std::string> lines = lines_of(last_frame(terminal));
  EXPECT_LE(lines.size(), 8U);
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 31U) << line;  // with the terminal's carriage return
  }
}

}  // namespace
}  // namespace support
