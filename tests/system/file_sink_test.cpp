// File sinks on real file systems: full, read-only, taken away; rotated by hand; with a command.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/support/require.h"
#include "tests/system/delivery.h"

namespace support {
namespace {

/// A file system of its own, small. Skips the test where mounting is forbidden.
class SmallDisk {
 public:
  SmallDisk() : mounted_(::mount("tmpfs", path_.path().c_str(), "tmpfs", 0, "size=64k") == 0) {}
  ~SmallDisk() {
    if (mounted_) {
      ::umount2(path_.path().c_str(), MNT_DETACH);
    }
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::string path(std::string_view name) const { return path_ / name; }
  void set_read_only(bool on) const {
    unsigned long flags = MS_REMOUNT;
    flags |= on ? static_cast<unsigned long>(MS_RDONLY) : 0UL;
    require(::mount("tmpfs", path_.path().c_str(), "tmpfs", flags, "size=64k") == 0, "remount");
  }

 private:
  TempDirectory path_;
  bool mounted_;
};

/// Writes numbered lines to `path` by way of a sink `files`, as fast as it may.
std::string writer(const std::string& path, int lines, const std::string& sink_keys = "") {
  return R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.web]
type = "oneshot"
log = ["files"]
command = ["@LOGGEN@", "--id", "web", "--stream", "out", "--lines", ")" +
         std::to_string(lines) + R"("]
[sink.files]
type = "file"
path = ")" +
         path + "\"\n" + sink_keys;
}

std::string last_error(const Instance& birl) {
  const Json sink = birl.sink("files");
  return sink.is_object() ? text_in(sink, "last_error") : "";
}

bool all_there(const Instance& birl, std::uint64_t lines) {
  return has_delivered(birl, "files", lines) && birl.sink("files")["delivered"] == lines;
}

TEST(FileSinkTest, AFullDiskIsToldAndNothingIsLostWhenThereIsRoomAgain) {
  const SmallDisk disk;
  if (!disk.mounted()) {
    GTEST_SKIP() << "cannot mount";
  }
  constexpr int kLines = 300;
  write_text(disk.path("ballast"), std::string(60'000, 'x'));
  Instance birl({.config = writer(disk.path("current"), kLines)});
  ASSERT_TRUE(eventually(
      [&] { return last_error(birl).find("No space left on device") != std::string::npos; }));
  EXPECT_EQ(birl.sink("files")["state"], "retrying");
  ASSERT_EQ(::unlink(disk.path("ballast").c_str()), 0);
  ASSERT_TRUE(eventually([&] { return all_there(birl, kLines); }));
  EXPECT_EQ(birl.sink("files")["state"], "ok");
  expect_lines(birl, {disk.path("current"), "--expect", "web:out:300"});
  expect_exact_ledger(birl);
}

TEST(FileSinkTest, AReadOnlyDiskIsToldAndGoneOnWithWhenItIsWritable) {
  const SmallDisk disk;
  if (!disk.mounted()) {
    GTEST_SKIP() << "cannot mount";
  }
  disk.set_read_only(true);
  Instance birl({.config = writer(disk.path("deep/current"), 100)});
  ASSERT_TRUE(eventually(
      [&] { return last_error(birl).find("Read-only file system") != std::string::npos; }));
  disk.set_read_only(false);
  ASSERT_TRUE(eventually([&] { return all_there(birl, 100); }));
  expect_lines(birl, {disk.path("deep/current"), "--expect", "web:out:100"});
}

/// The directory goes away under a running sink: what was in it is gone with it, the next line
/// makes it again.
TEST(FileSinkTest, ARemovedDirectoryIsMadeAgain) {
  Instance birl({.config = R"(
[service.app]
primary = true
log = ["files"]
command = "i=0; while :; do i=$((i + 1)); echo line $i; sleep 0.01; done"
[sink.files]
type = "file"
path = "@DIR@/log/current"
)"});
  const std::string file = birl.directory() / "log/current";
  ASSERT_TRUE(eventually([&] { return !read_text(file).empty(); }));
  std::filesystem::remove_all(birl.directory() / "log");
  ASSERT_TRUE(eventually([&] { return !read_text(file).empty(); }));
  EXPECT_EQ(birl.sink("files")["state"], "ok");
}

TEST(FileSinkTest, RotateBeginsNewFilesAndKnowsItsSinks) {
  Instance birl({.config = writer("@DIR@/log/current", 10, R"(
[sink.console]
type = "console"
)")});
  ASSERT_TRUE(eventually([&] { return all_there(birl, 10); }));
  const auto files = [&] { return log_files(birl.directory() / "log/current").size(); };
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(birl.cli({"rotate", "files"}).code, 0);
  EXPECT_TRUE(eventually([&] { return files() == 2; }));
  const CommandResult unknown = birl.cli({"rotate", "fils"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_NE(unknown.err.find("did you mean files?"), std::string::npos) << unknown.err;
  EXPECT_EQ(birl.cli({"rotate", "console"}).code, 2);
  EXPECT_EQ(birl.cli({"rotate"}).code, 0);
}

TEST(FileSinkTest, ASignalRotatesAndTheCommandGetsThePackedFile) {
  Instance birl({.config = writer("@DIR@/log/current", 10, R"(
timestamp = "tai64n"
[sink.files.rotate]
naming = "number"
compress = "gzip"
command = "gzip -dc $BIRL_FILE >@DIR@/seen.tmp && mv @DIR@/seen.tmp @DIR@/seen; exit 5"
[birl.signals]
USR2 = "rotate"
)")});
  ASSERT_TRUE(eventually([&] { return all_there(birl, 10); }));
  birl.signal(SIGUSR2);
  const std::string seen = birl.directory() / "seen";
  ASSERT_TRUE(eventually([&] { return exists(seen); }));
  const auto lines = lines_of(read_text(seen));
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[0].substr(0, 9), "@40000000");
  EXPECT_TRUE(exists(birl.directory() / "log/current.1.gz"));
  EXPECT_TRUE(eventually([&] { return last_error(birl).ends_with("it ended with 5"); }))
      << last_error(birl);
  EXPECT_EQ(birl.sink("files")["state"], "ok");
}

TEST(FileSinkTest, TheConsoleShowsTimeServiceAndStreamWhenAsked) {
  Instance birl({.config = R"(
[service.app]
primary = true
command = "echo hello; echo oops >&2"
[sink.console]
type = "console"
target = "stdout"
format = "text"
)"});
  EXPECT_EQ(birl.wait_exit(), 0);
  const auto lines = lines_of(birl.stdout_text());
  ASSERT_EQ(lines.size(), 2U) << birl.stdout_text();
  for (const std::string& line : lines) {
    EXPECT_EQ(line.substr(0, 2), "20") << line;
    EXPECT_EQ(line.substr(29, 5), "Z app") << line;
  }
  EXPECT_EQ(lines[0].substr(35), "stdout hello");
  EXPECT_EQ(lines[1].substr(35), "stderr oops");
}

}  // namespace
}  // namespace support
