// Rings that are files: what a killed container had said comes out of its next life.
// long_run_test.cpp does the same with the full number of kills.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "tests/support/fake_http.h"
#include "tests/system/delivery.h"
#include "tests/system/killed_container.h"

namespace support {
namespace {

using testing::HasSubstr;

std::vector<std::string> ring_names(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".ring")) {
      names.push_back(name.substr(0, name.find('.')));
    }
  }
  return names;
}

TEST(RingFilesSystemTest, FiveKillsOfEverythingLoseAndDoubleNothingThatReachedTheRing) {
  if (!can_make(World::kPidNamespace)) {
    GTEST_SKIP() << "a new PID namespace needs root";
  }
  KilledContainer container;
  for (const std::uint64_t lines : {1U, 3'000U, 200U, 40'000U, 1'000U}) {
    ASSERT_NO_FATAL_FAILURE(container.live(lines));
  }
  ASSERT_NO_FATAL_FAILURE(container.deliver());
  container.expect_exactly_once();
}

TEST(RingFilesSystemTest, NetworkSinksGetEveryLineAtLeastOnce) {
  if (!can_make(World::kPidNamespace)) {
    GTEST_SKIP() << "a new PID namespace needs root";
  }
  FakeHttp server;
  KilledContainer container(R"(["files", "remote"])", R"(
[sink.remote]
type = "http"
body = "text"
batch = {linger = "10ms"}
retry = {initial = "20ms", max = "100ms"}
url = ")" + server.url() + "\"\n");
  for (const std::uint64_t lines : {2'000U, 100U, 5'000U}) {
    ASSERT_NO_FATAL_FAILURE(container.live(lines));
  }
  ASSERT_NO_FATAL_FAILURE(container.deliver());
  container.expect_exactly_once();
  container.expect_at_least_once(server.accepted_lines());
}

std::string two_services(const std::string& rings, const std::string& sink_path,
                         const std::string& name) {
  return R"(
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.)" +
         name + R"(]
type = "oneshot"
log = ["files"]
command = "echo said by )" +
         name + R"("
ring = {directory = ")" +
         rings + R"("}
[sink.files]
type = "file"
path = ")" +
         sink_path + "\"\n";
}

/// The sink hangs in the first life, so its lines wait in the ring when everything is killed.
TEST(RingFilesSystemTest, TheRingOfAServiceThatIsGoneIsDeliveredThenRemoved) {
  const TempDirectory place;
  const std::string rings = place / "rings";
  {
    // Its directory cannot be made: nothing is written.
    write_text(place / "way", "in the way");
    Instance birl({.config = two_services(rings, place / "way/current", "old")});
    ASSERT_TRUE(eventually([&] {
      const Json sink = birl.sink("files");
      return sink.is_object() && sink["buffered"] == 1;
    }));
    birl.signal(SIGKILL);
    ASSERT_TRUE(birl.wait_exit());
  }
  ASSERT_EQ(std::filesystem::remove(place / "way"), true);
  Instance birl({.config = two_services(rings, place / "way/current", "young")});
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 2); }));
  ASSERT_TRUE(eventually([&] { return ring_names(rings).size() == 1; }));
  EXPECT_EQ(ring_names(rings).front(), "young");
  EXPECT_THAT(read_text(place / "way/current"), HasSubstr("said by old\n"));
  EXPECT_THAT(read_text(place / "way/current"), HasSubstr("said by young\n"));
  EXPECT_THAT(birl.stderr_text(), HasSubstr("old is not configured any more"));
  expect_exact_ledger(birl);
}

TEST(RingFilesSystemTest, ASecondInstanceOnTheSameDirectoryIsRefused) {
  const TempDirectory place;
  const std::string config = two_services(place / "rings", place / "log", "web");
  Instance first({.config = config});
  ASSERT_TRUE(eventually([&] { return has_delivered(first, "files", 1); }));
  Instance second({.config = config});
  EXPECT_EQ(second.wait_exit(), 1);
  EXPECT_THAT(second.stderr_text(), HasSubstr("another birl uses it"));
  EXPECT_TRUE(first.alive());
}

TEST(RingFilesSystemTest, LogsShowsWhatAnEarlierLifeHasSaid) {
  const TempDirectory place;
  const std::string config = two_services(place / "rings", place / "log", "web");
  {
    Instance birl({.config = config});
    ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 1); }));
    EXPECT_TRUE(birl.stop());
  }
  Instance birl({.config = config});
  ASSERT_TRUE(eventually([&] { return has_delivered(birl, "files", 2); }));
  EXPECT_EQ(birl.cli({"logs", "web"}).out, "said by web\nsaid by web\n");
  EXPECT_EQ(read_text(place / "log"), "said by web\nsaid by web\n");
}

}  // namespace
}  // namespace support
