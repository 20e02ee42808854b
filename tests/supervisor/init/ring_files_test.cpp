// Covers supervisor/router_link/ring_directory.h and supervisor/router_link/ring_files.h: rings
// that are files, what an earlier life has left of them, and what else may lie there.
#include "supervisor/router_link/ring_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "logging/handoff/ring_consumer.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_writer.h"
#include "logging/handoff/router_state.h"
#include "supervisor/router_link/service_logs.h"
#include "tests/support/temporary_directory.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kCapacity = 64U << 10U;

std::vector<RingWish> wish(const std::string& service, std::uint64_t capacity = kCapacity) {
  return {{.service = service, .capacity = capacity, .ring_id = 0x77}};
}

RingDirectory open_new(const std::string& directory, const std::vector<RingWish>& wishes) {
  auto opened = open_ring_directory(directory, wishes, RingDirectoryState::kNew);
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(*opened);
}

/// What a router does with it: a sink, and lines, the last of them perhaps unfinished.
void write_lines(const RingFile& ring, std::string_view text, std::uint16_t incarnation = 1) {
  logging::RingMap map =
      std::move(*logging::RingMap::open(ring.fd.get(), base::Access::kReadWrite));
  ASSERT_TRUE(logging::claim_consumer(map, logging::sink_id_of("files"),
                                      logging::ConsumerKind::kGating, nullptr));
  logging::RingWriter writer(map);
  writer.label_pipe(0, logging::Stream::kStdout, incarnation);
  std::memcpy(writer.prepare(0, text.size()), text.data(), text.size());
  writer.commit(0, text.size(), 1);
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

TEST(RingDirectoryTest, ANewRingIsAPrivateFileWithItsSpaceAllocated) {
  const test_support::TemporaryDirectory root;
  const std::string directory = root / "deep/rings";
  const RingDirectory opened = open_new(directory, wish("web"));
  EXPECT_THAT(names_in(directory), ElementsAre("lock", "records", "web.77.ring"));
  ASSERT_EQ(opened.rings.size(), 1U);
  EXPECT_FALSE(opened.rings[0].info.is_leftover);
  EXPECT_EQ(mode_of(directory), 0700U);
  for (const std::string& name : names_in(directory)) {
    EXPECT_EQ(mode_of(directory + "/" + name), 0600U) << name;
  }
  struct stat status {};
  ASSERT_EQ(::fstat(opened.rings[0].fd.get(), &status), 0);
  EXPECT_EQ(static_cast<std::size_t>(status.st_size), logging::ring_file_bytes(kCapacity));
  EXPECT_GE(status.st_blocks * 512, status.st_size);
  EXPECT_EQ(static_cast<std::size_t>(std::filesystem::file_size(directory + "/records")),
            logging::kFileRecordsBytes);
  EXPECT_THAT(opened.messages, IsEmpty());
}

TEST(RingDirectoryTest, ARingOfAnEarlierLifeGoesOn) {
  const test_support::TemporaryDirectory root;
  {
    const RingDirectory first = open_new(root.path(), wish("web"));
    write_lines(first.rings[0], "one\ntwo", 7);
  }
  const RingDirectory second = open_new(root.path(), wish("web"));
  ASSERT_EQ(second.rings.size(), 1U);
  EXPECT_EQ(second.rings[0].info.ring_id, 0x77U);
  EXPECT_EQ(second.rings[0].info.incarnation, 7U) << "the next run must not go on with its line";
  EXPECT_THAT(second.rings[0].info.sink_ids, ElementsAre(logging::sink_id_of("files")));
}

TEST(RingDirectoryTest, ARingWithoutAServiceIsALeftoverUnlessItIsDelivered) {
  const test_support::TemporaryDirectory root;
  {
    const RingDirectory first =
        open_new(root.path(), {{"old", kCapacity, 1}, {"idle", kCapacity, 2}});
    ASSERT_EQ(first.rings.size(), 2U);
    write_lines(first.rings[0], "waits\n");
  }
  const RingDirectory second = open_new(root.path(), wish("web"));
  ASSERT_EQ(second.rings.size(), 2U);
  EXPECT_EQ(second.rings[0].info.service, "old");
  EXPECT_TRUE(second.rings[0].info.is_leftover);
  EXPECT_THAT(second.messages, ElementsAre(HasSubstr("old is not configured any more")));
  EXPECT_THAT(names_in(root.path()), ElementsAre("lock", "old.1.ring", "records", "web.77.ring"));
}

TEST(RingDirectoryTest, AnUnfinishedLineKeepsALeftover) {
  const test_support::TemporaryDirectory root;
  write_lines(open_new(root.path(), wish("old")).rings[0], "no newline");
  const RingDirectory second = open_new(root.path(), {});
  ASSERT_EQ(second.rings.size(), 1U);
  EXPECT_TRUE(second.rings[0].info.is_leftover);
}

TEST(RingDirectoryTest, AnotherSizeWaitsUntilTheRingIsDelivered) {
  const test_support::TemporaryDirectory root;
  write_lines(open_new(root.path(), wish("web")).rings[0], "waits\n");
  {
    const RingDirectory kept = open_new(root.path(), wish("web", 2 * kCapacity));
    ASSERT_EQ(kept.rings.size(), 1U);
    EXPECT_EQ(kept.rings[0].info.capacity, kCapacity);
    EXPECT_THAT(kept.messages, ElementsAre(HasSubstr("keeps its size")));
    logging::RingMap map =
        std::move(*logging::RingMap::open(kept.rings[0].fd.get(), base::Access::kReadWrite));
    const auto consumer = *logging::claim_consumer(map, logging::sink_id_of("files"),
                                                   logging::ConsumerKind::kGating, nullptr);
    ASSERT_TRUE(consumer->give_up_frame(logging::DropReason::kRemoved));
  }
  const RingDirectory replaced = open_new(root.path(), wish("web", 2 * kCapacity));
  ASSERT_EQ(replaced.rings.size(), 1U);
  EXPECT_EQ(replaced.rings[0].info.capacity, 2 * kCapacity);
  EXPECT_GT(replaced.rings[0].info.ring_id, 0U);
}

TEST(RingDirectoryTest, WhatIsNoRingIsSetAsideAndOthersFilesAreLeftAlone) {
  const test_support::TemporaryDirectory root;
  std::ofstream(root / "web.5.ring") << "something else";
  std::ofstream(root / "web.ring") << "no id";
  std::ofstream(root / "notes.txt") << "mine";
  ASSERT_EQ(::mkfifo((root / "fifo.6.ring").c_str(), 0600), 0);
  std::ofstream(root / "records") << "no records";
  const RingDirectory opened = open_new(root.path(), wish("web"));
  EXPECT_THAT(names_in(root.path()),
              ElementsAre("fifo.6.ring.damaged", "lock", "notes.txt", "records", "records.damaged",
                          "web.5.ring.damaged", "web.77.ring", "web.ring.damaged"));
  EXPECT_EQ(opened.messages.size(), 4U);
  EXPECT_EQ(opened.rings.size(), 1U);
}

TEST(RingDirectoryTest, ASecondBirlIsRefusedByTheLock) {
  const test_support::TemporaryDirectory root;
  const RingDirectory first = open_new(root.path(), wish("web"));
  const auto second = open_ring_directory(root.path(), wish("web"), RingDirectoryState::kNew);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kExists);
  EXPECT_THAT(second.error().message, HasSubstr("another birl uses it; give each instance"));
}

TEST(RingDirectoryTest, AFullDiskLeavesNoHalfRing) {
  const test_support::TemporaryDirectory root;
  if (::mount("tmpfs", root.path().c_str(), "tmpfs", 0, "size=6m") != 0) {
    GTEST_SKIP() << "cannot mount";
  }
  {
    const RingDirectory opened = open_new(root.path(), wish("web", 8U << 20U));
    EXPECT_THAT(opened.rings, testing::SizeIs(0));
    EXPECT_THAT(opened.messages, ElementsAre(HasSubstr("No space left on device")));
    EXPECT_THAT(names_in(root.path()), ElementsAre("lock", "records"));
  }
  ::umount2(root.path().c_str(), MNT_DETACH);
}

class RingFilesTest : public testing::Test {
 protected:
  test_support::TemporaryDirectory root_;
  base::Loop loop_;
  base::Fd null_{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  base::Diag diag_{null_.get(), base::DiagLevel::kDebug, ""};
  Helpers helpers_{loop_};
  RingFiles files_{diag_, helpers_};
};

TEST_F(RingFilesTest, DescriptorsComeFromAChildAndTheLockIsHeldOn) {
  auto rings = files_.open(root_.path(), wish("web"));
  ASSERT_TRUE(rings) << rings.error().message;
  ASSERT_EQ(rings->size(), 1U);
  EXPECT_TRUE(logging::RingMap::open(rings->front().fd.get(), base::Access::kReadWrite));
  EXPECT_TRUE(files_.take_records().valid());
  EXPECT_FALSE(files_.take_records().valid()) << "once";
  const auto other = open_ring_directory(root_.path(), {}, RingDirectoryState::kNew);
  EXPECT_FALSE(other);

  const auto more = files_.open(root_.path(), {{"db", kCapacity, 0x99}});
  ASSERT_TRUE(more) << more.error().message;
  EXPECT_EQ(more->size(), 1U);
  EXPECT_THAT(names_in(root_.path()), ElementsAre("db.99.ring", "lock", "records", "web.77.ring"));
}

TEST_F(RingFilesTest, AnotherInstancesDirectoryIsAnError) {
  const RingDirectory other = open_new(root_.path(), {});
  const auto rings = files_.open(root_.path(), wish("web"));
  ASSERT_FALSE(rings);
  EXPECT_EQ(rings.error().code, base::ErrorCode::kExists);
}

TEST_F(RingFilesTest, ADirectoryThatCannotBeMadeMeansMemory) {
  std::ofstream(root_ / "file") << "in the way";
  const auto rings = files_.open(root_ / "file/rings", wish("web"));
  ASSERT_TRUE(rings);
  EXPECT_EQ(rings->size(), 0U);
}

/// PID 1 maps no file: what it shows of such a ring comes from the mirror.
TEST_F(RingFilesTest, TheMirrorShowsWhatTheRouterPublishes) {
  auto rings = files_.open(root_.path(), wish("web"));
  ASSERT_TRUE(rings && rings->size() == 1);
  write_lines(rings->front(), "before\n");
  auto logs = ServiceLogs::adopt({.service_id = 0, .name = "web", .sinks = {"files"}},
                                 std::move(rings->front()), "/tmp");
  ASSERT_TRUE(logs) << logs.error().message;
  EXPECT_TRUE(logs->message().has_mirror);
  EXPECT_EQ(logs->view().commit().next_line, 0U) << "nobody has copied yet";

  logging::RingMap map =
      std::move(*logging::RingMap::open(logs->ring_fd(), base::Access::kReadWrite));
  ASSERT_TRUE(map.set_mirror(logs->mirror_fd()));
  EXPECT_EQ(logs->view().commit().next_line, 1U);
  ASSERT_EQ(logs->view().consumers().size(), 1U);
  EXPECT_EQ(logs->view().consumers()[0].buffered, 1U);
  const auto consumer = *logging::claim_consumer(map, logging::sink_id_of("files"),
                                                 logging::ConsumerKind::kGating, nullptr);
  ASSERT_TRUE(consumer->give_up_frame(logging::DropReason::kRemoved));
  EXPECT_EQ(logs->view().consumers()[0].buffered, 0U);
  EXPECT_TRUE(is_delivered(*logs));
  map.release(map.consumer(0));
  EXPECT_EQ(logs->view().consumers().size(), 0U);
}

}  // namespace
}  // namespace supervisor
