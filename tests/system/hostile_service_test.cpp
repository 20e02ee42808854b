// A service that does its worst: PID 1 stays, tells what happened and leaks nothing.
// Covers supervisor/machine/service_stop.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/instance.h"
#include "tests/support/proc.h"
#include "tests/system/worlds.h"

namespace support {
namespace {

class HostileServiceTest : public WorldTest {};

INSTANTIATE_TEST_SUITE_P(Worlds, HostileServiceTest, both_worlds(), name_of_world);

TEST_P(HostileServiceTest, AThousandDeafChildrenAreGoneWithTheStop) {
  constexpr std::size_t kChildren = 1'000;
  Instance birl({.config = R"(
[service.app]
command = "trap '' TERM; i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i+1)); done; echo up > @DIR@/up; while :; do wait; done"
start = "manual"
stop = { timeout = "200ms" }
[service.other]
command = ["@ACTOR@", "wait"]
)",
                 .world = world()});
  ASSERT_TRUE(birl.wait_state("other", "running"));
  const std::size_t processes = descendants(birl.pid()).size();
  const std::size_t descriptors = count_descriptors(birl.pid());
  const auto other = birl.service_pid("other");
  ASSERT_EQ(birl.cli({"start", "app"}).code, 0);
  ASSERT_TRUE(eventually([&] { return read_text(birl.directory() / "up") == "up\n"; }));
  ASSERT_GE(descendants(birl.pid()).size(), processes + kChildren);
  EXPECT_EQ(birl.state("other"), "running") << "it answers beside them";
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_TRUE(eventually([&] { return descendants(birl.pid()).size() <= processes; }));
  EXPECT_EQ(birl.service_pid("other"), other);
  EXPECT_TRUE(eventually([&] { return count_descriptors(birl.pid()) <= descriptors; }))
      << count_descriptors(birl.pid()) << " instead of " << descriptors;
}

/// A service that ends at once, again and again, so that starts are tried all the time.
constexpr const char* kFlapping = R"(
[service.app]
command = ["@ACTOR@", "exit", "1"]
backoff = { initial = "20ms", factor = 1 }
[service.other]
command = ["@ACTOR@", "wait"]
)";

/// Takes a resource of birl's away, waits until that is told, gives it back.
void starve(Instance& birl, int resource, rlim_t least, const std::string& complaint) {
  rlimit before{};
  ASSERT_EQ(::prlimit(birl.pid(), static_cast<__rlimit_resource>(resource), nullptr, &before), 0);
  const rlimit none{.rlim_cur = least, .rlim_max = before.rlim_max};
  ASSERT_EQ(::prlimit(birl.pid(), static_cast<__rlimit_resource>(resource), &none, nullptr), 0);
  EXPECT_TRUE(eventually([&] { return birl.stderr_text().find(complaint) != std::string::npos; }))
      << birl.stderr_text();
  ASSERT_EQ(::prlimit(birl.pid(), static_cast<__rlimit_resource>(resource), &before, nullptr), 0);
}

void expect_recovered(Instance& birl, std::optional<pid_t> other, std::size_t descriptors) {
  const auto restarts = [&] { return birl.service("app").value("restarts", 0); };
  const int now = restarts();
  EXPECT_TRUE(eventually([&] { return restarts() > now; }));
  EXPECT_EQ(birl.service_pid("other"), other);
  ASSERT_EQ(birl.cli({"stop", "app"}).code, 0);
  EXPECT_TRUE(eventually([&] { return count_descriptors(birl.pid()) <= descriptors; }))
      << count_descriptors(birl.pid()) << " instead of " << descriptors;
}

TEST_P(HostileServiceTest, WithoutDescriptorsStartsFailUntilThereAreSome) {
  Instance birl({.config = kFlapping, .world = world()});
  ASSERT_TRUE(birl.wait_state("other", "running"));
  const std::size_t descriptors = count_descriptors(birl.pid());
  const auto other = birl.service_pid("other");
  starve(birl, RLIMIT_NOFILE, 4, "Too many open files");
  expect_recovered(birl, other, descriptors);
}

}  // namespace
}  // namespace support
