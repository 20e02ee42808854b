#include "base/diag.h"

#include <fcntl.h>

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/fd.h"

namespace base {
namespace {

std::string read_some(int fd) {
  std::array<char, 8192> buffer{};
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

TEST(DiagTest, WritesOneLineWithItsLevelAndHidesLowerLevels) {
  const Pipe pipe = *make_pipe();
  Diag diag(pipe.write.get(), DiagLevel::kInfo, "birl: ");
  diag.debug("hidden");
  diag.warn("web {}\nends", 7);
  EXPECT_EQ(read_some(pipe.read.get()), "birl: warn: web 7 ends\n");
}

TEST(DiagTest, AFullPipeDropsAndTheNextLineTells) {
  const Pipe pipe = *make_pipe(O_NONBLOCK);
  Diag diag(pipe.write.get(), DiagLevel::kDebug, "");
  const std::string filler(4000, 'x');
  while (diag.dropped() == 0) {
    diag.info("{}", filler);
  }
  while (!read_some(pipe.read.get()).empty()) {
  }
  diag.info("again");
  EXPECT_EQ(read_some(pipe.read.get()), "info: again (1 messages before this one were dropped)\n");
  diag.info("more");
  EXPECT_EQ(read_some(pipe.read.get()), "info: more\n");
}

TEST(DiagTest, AFullPipeThatBlocksIsNotWaitedFor) {
  const Pipe pipe = *make_pipe();
  Diag diag(pipe.write.get(), DiagLevel::kDebug, "");
  const std::string filler(4000, 'x');
  while (diag.dropped() == 0) {
    diag.info("{}", filler);
  }
}

}  // namespace
}  // namespace base
