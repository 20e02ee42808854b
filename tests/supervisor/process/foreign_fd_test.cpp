#include "supervisor/process/foreign_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unix_socket.h"

namespace supervisor {
namespace {

TEST(ForeignFdTest, KnowsKindsWithoutAskingAFileSystem) {
  const base::Pipe pipe = base::make_pipe().value();
  const base::SocketPair pair = base::make_socket_pair().value();
  const base::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const base::Fd file(::open("/", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(foreign_kind(pipe.read.get()), ForeignKind::kPipe);
  EXPECT_EQ(foreign_kind(pair.first.get()), ForeignKind::kSocket);
  EXPECT_EQ(foreign_kind(epoll.get()), ForeignKind::kAnonymous);
  EXPECT_EQ(foreign_kind(file.get()), ForeignKind::kOther);
  EXPECT_EQ(foreign_kind(-1), ForeignKind::kOther);
}

TEST(ForeignFdTest, KnowsTheSameOpenFile) {
  const base::SocketPair pair = base::make_socket_pair().value();
  const base::Fd copy = base::duplicate(pair.first.get()).value();
  EXPECT_TRUE(is_same_description(pair.first.get(), copy.get()));
  EXPECT_FALSE(is_same_description(pair.first.get(), pair.second.get()));
}

TEST(ForeignFdTest, AChildClosesThemHere) {
  base::SocketPair pair = base::make_socket_pair().value();
  std::vector<base::Fd> fds;
  fds.push_back(std::move(pair.first));
  const int number = fds[0].get();
  const auto pid = close_in_child(fds);
  ASSERT_TRUE(pid);
  EXPECT_TRUE(fds.empty());
  ASSERT_EQ(::waitpid(*pid, nullptr, 0), *pid);
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  char byte = 0;
  EXPECT_EQ(::read(pair.second.get(), &byte, 1), 0);  // its end
}

}  // namespace
}  // namespace supervisor
