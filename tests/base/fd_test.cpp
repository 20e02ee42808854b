#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace base {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(FdTest, ClosesOnceAndMoves) {
  Pipe pipe = *make_pipe();
  const int raw = pipe.read.get();
  Fd moved = std::move(pipe.read);
  EXPECT_TRUE(is_open(raw));
  moved.reset();
  EXPECT_FALSE(is_open(raw));
  EXPECT_FALSE(moved.valid());
}

TEST(FdTest, EveryDescriptorIsCloseOnExec) {
  const Pipe pipe = *make_pipe();
  const Fd copy = *duplicate(pipe.write.get());
  const Fd memory = *make_memory_file("test", 4096, "/tmp");
  for (const int fd : {pipe.read.get(), pipe.write.get(), copy.get(), memory.get()}) {
    EXPECT_EQ(::fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
}

TEST(FdTest, WritingAtOnceNeverWaitsForAFullPipeThatBlocks) {
  const Pipe pipe = *make_pipe();
  const std::string page(4096, 'x');
  while (write_at_once(pipe.write.get(), page) > 0) {
  }
  EXPECT_EQ(errno, EAGAIN);
}

TEST(FdTest, WritingAtOnceNeverWaitsForAFullSocketThatBlocks) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  while (write_at_once(ours.get(), "a line\n") > 0) {
  }
  EXPECT_EQ(errno, EAGAIN);
}

TEST(MemoryFileTest, CannotShrinkUnderAMapping) {
  const Fd memory = *make_memory_file("test", 8192, "/tmp");
  EXPECT_NE(::ftruncate(memory.get(), 0), 0);
  EXPECT_NE(::ftruncate(memory.get(), 16384), 0);
}

TEST(MemoryFileTest, AReadOnlyDescriptionCannotBeMappedForWriting) {
  const Fd memory = *make_memory_file("test", 4096, "/tmp");
  const Fd reader = *reopen_read_only(memory.get());
  EXPECT_TRUE(Mapping::map(reader.get(), 0, 4096, Access::kRead));
  EXPECT_FALSE(Mapping::map(reader.get(), 0, 4096, Access::kReadWrite));
}

TEST(MappingTest, MapTwiceMakesTheAreaContiguousAcrossItsEnd) {
  const Fd memory = *make_memory_file("test", 4096 + 8192, "/tmp");
  const Mapping mapping = *Mapping::map_twice(memory.get(), 4096, 8192, Access::kReadWrite);
  std::byte* area = mapping.data() + 4096;
  std::memcpy(area + 8190, "abcd", 4);  // two bytes at the end, two at the start
  EXPECT_EQ(std::memcmp(area, "cd", 2), 0);
  EXPECT_EQ(mapping.bytes(), 4096U + 2 * 8192U);
}

TEST(PipeTest, BlockingModeCanBeChanged) {
  const Pipe pipe = *make_pipe();
  ASSERT_TRUE(set_nonblocking(pipe.read.get(), true));
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), -1);
  EXPECT_EQ(errno, EAGAIN);
}

}  // namespace
}  // namespace base
