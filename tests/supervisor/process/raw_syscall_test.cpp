#include "supervisor/process/raw_syscall.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace supervisor {
namespace {

TEST(RawSyscallTest, ReturnsTheValueOrTheNegatedErrnoAndLeavesErrnoAlone) {
  errno = 0;
  EXPECT_EQ(raw_syscall(SYS_getpid), ::getpid());
  EXPECT_EQ(raw_syscall(SYS_close, -1), -EBADF);
#if BIRL_RAW_SYSCALLS
  EXPECT_EQ(errno, 0);
#endif
}

TEST(RawSyscallTest, PassesSixArgumentsInTheirOrder) {
  void* const nowhere = nullptr;
  const long address = raw_syscall(SYS_mmap, nowhere, 4096, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  ASSERT_GT(address, 0);
  auto* const page = reinterpret_cast<char*>(address);
  page[4095] = 'x';
  EXPECT_EQ(raw_syscall(SYS_munmap, page, 4096), 0);
}

}  // namespace
}  // namespace supervisor
