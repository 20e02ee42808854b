#include "supervisor/router_link/service_logs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace supervisor {
namespace {

using logging::RingLimits;
using testing::ElementsAre;
using testing::IsEmpty;

class ServiceLogsTest : public testing::Test {
 protected:
  base::Result<IncarnationPipes> open() { return logs_.open_incarnation(::geteuid(), ::getegid()); }

  ServiceLogs logs_ = *ServiceLogs::create(
      {.service_id = 3, .name = "web", .sinks = {"console", "files"}}, 7, 64U << 10U, "/tmp");
};

TEST_F(ServiceLogsTest, EachIncarnationHasPipesOfItsOwnThatReachTheReadEnd) {
  const IncarnationPipes first = *open();
  const IncarnationPipes second = *open();
  EXPECT_NE(first.incarnation, second.incarnation);
  ASSERT_EQ(logs_.pipes().size(), 4U);
  ASSERT_EQ(::write(second.stderr_write.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(logs_.pipes()[3].read.get(), &byte, 1), 1);
  EXPECT_EQ(logs_.pipes()[3].info.stream, logging::Stream::kStderr);
}

TEST_F(ServiceLogsTest, TheMessageNamesTheRingsSinksAndPipesInOrder) {
  const IncarnationPipes pipes = *open();
  const logging::ServiceMessage message = logs_.message();
  EXPECT_EQ(message.service_id, 3U);
  EXPECT_THAT(message.sinks, ElementsAre("console", "files"));
  ASSERT_EQ(message.pipes.size(), 2U);
  EXPECT_EQ(message.pipes[0].stream, logging::Stream::kStdout);
  EXPECT_EQ(message.pipes[1].incarnation, pipes.incarnation);
}

TEST_F(ServiceLogsTest, SlotsAreReusedOnceTheRouterSawTheEnd) {
  { const IncarnationPipes gone = *open(); }
  logs_.pipe_ended(0);
  logs_.pipe_ended(1);
  EXPECT_THAT(logs_.pipes(), IsEmpty());
  const IncarnationPipes next = *open();
  EXPECT_EQ(logs_.pipes()[0].info.slot, 0U);
  EXPECT_EQ(next.incarnation, 2U);
}

TEST_F(ServiceLogsTest, WhenTooManyGenerationsLingerTheOldestIsClosedOnce) {
  std::vector<IncarnationPipes> held;
  for (std::size_t count = 0; count + 1 < RingLimits::kIncarnations; ++count) {
    held.push_back(*open());
    EXPECT_THAT(logs_.take_slots_to_close(), IsEmpty());
  }
  held.push_back(*open());
  EXPECT_THAT(logs_.take_slots_to_close(), ElementsAre(0, 1));
  EXPECT_THAT(logs_.take_slots_to_close(), IsEmpty());
  logs_.forget_close_requests();  // the router died before it answered
  EXPECT_THAT(logs_.take_slots_to_close(), ElementsAre(0, 1));
}

TEST_F(ServiceLogsTest, WithoutAFreeSlotAStartFailsAndLeavesNothingBehind) {
  std::vector<IncarnationPipes> held;
  for (std::size_t count = 0; count < RingLimits::kIncarnations; ++count) {
    held.push_back(*open());
  }
  EXPECT_EQ(open().error().code, base::ErrorCode::kLimit);
  EXPECT_EQ(logs_.pipes().size(), RingLimits::kPipes);
}

TEST_F(ServiceLogsTest, TheServicesUserOwnsItsPipes) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "giving a pipe away needs root";
  }
  const IncarnationPipes pipes = *logs_.open_incarnation(12345, 23456);
  struct stat info {};
  ASSERT_EQ(::fstat(pipes.stdout_write.get(), &info), 0);
  EXPECT_EQ(info.st_uid, 12345U);
  EXPECT_EQ(info.st_gid, 23456U);
}

TEST_F(ServiceLogsTest, AMessagePipeNeverBlocksItsWriter) {
  const base::Fd write = *logs_.open_message_pipe(logging::Stream::kStderr);
  EXPECT_NE(::fcntl(write.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace supervisor
