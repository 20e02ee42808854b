#include "tests/system/killed_container.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <set>

#include "tests/support/eventually.h"
#include "tests/system/delivery.h"

namespace support {

namespace {

constexpr std::string_view kEnd = " end";

struct Spoken {
  std::size_t life = 0;
  std::uint64_t number = 0;
};

/// "life N I end"; nothing: it was cut off.
std::optional<Spoken> parse(std::string_view line) {
  constexpr std::string_view kLife = "life ";
  Spoken spoken;
  if (!line.starts_with(kLife) || !line.ends_with(kEnd)) {
    return std::nullopt;
  }
  const char* end = line.data() + line.size() - kEnd.size();
  const auto life = std::from_chars(line.data() + kLife.size(), end, spoken.life);
  const auto number = std::from_chars(life.ptr + 1, end, spoken.number);
  return number.ptr == end ? std::optional(spoken) : std::nullopt;
}

std::uint64_t sum_of(const Json& sink, std::string_view key) {
  return sink.is_object() ? sink[std::string(key)].get<std::uint64_t>() : 0;
}

}  // namespace

KilledContainer::KilledContainer(std::string log, std::string sinks)
    : log_(std::move(log)), sinks_(std::move(sinks)) {}

InstanceOptions KilledContainer::options(const std::string& command) const {
  return {.config = R"(
[birl]
state_directory = ")" +
                    path("state") + R"("
[service.app]
primary = true
log = []
command = ["@ACTOR@", "wait"]
[service.talker]
type = "oneshot"
command = ')" + command +
                    "'\nlog = " + log_ + "\nring = {directory = \"" + path("rings") + R"("}
[sink.files]
type = "file"
path = ")" + path("log/current") +
                    R"("
rotate = {size = "256KiB", keep = 10000}
)" + sinks_,
          .world = World::kPidNamespace};
}

void KilledContainer::live(std::uint64_t lines) {
  const std::size_t life = seen_.size();
  Instance birl(options("i=0; while :; do i=$((i + 1)); echo life " + std::to_string(life) +
                        " $i end; done"));
  std::uint64_t first = 0;
  ASSERT_TRUE(eventually([&] {
    const Json talker = birl.service("talker");
    if (!talker.is_object() || birl.state("talker") != "running") {
      return false;
    }
    // Of the earlier lives too, once the router has looked into the ring.
    first = sum_of(talker["streams"]["stdout"], "lines");
    return first >= total_;
  }));
  std::uint64_t newest = first;
  ASSERT_TRUE(eventually([&] {
    newest = sum_of(birl.service("talker")["streams"]["stdout"], "lines");
    return newest >= first + lines;
  }));
  birl.signal(SIGKILL);
  ASSERT_TRUE(birl.wait_exit());
  // What earlier lives have said is counted in the same ring; the first look may have come late.
  seen_.push_back(newest - first);
  total_ = newest;
}

void KilledContainer::deliver() {
  Instance birl(options("exit 0"));
  ASSERT_TRUE(eventually([&] {
    const Json status = birl.status();
    return status.is_object() && birl.state("talker") == "done" &&
           std::ranges::all_of(status["sinks"],
                               [](const Json& sink) { return sink["buffered"] == 0; });
  }));
  expect_exact_ledger(birl);
  EXPECT_TRUE(birl.stop());
}

void KilledContainer::expect_exactly_once() const {
  std::vector<std::uint64_t> last(seen_.size(), 0);
  std::vector<std::uint64_t> cut(seen_.size() + 1, 0);
  std::size_t life = 0;
  for (const std::string& file : log_files(path("log/current"))) {
    for (const std::string& line : lines_of(read_text(file))) {
      const auto spoken = parse(line);
      if (!spoken) {
        ++cut[life];
        continue;
      }
      ASSERT_LT(spoken->life, last.size()) << line;
      EXPECT_GE(spoken->life, life) << line;
      life = spoken->life;
      ASSERT_EQ(spoken->number, last[life] + 1) << "of life " << life << " in " << file;
      last[life] = spoken->number;
    }
  }
  for (std::size_t index = 0; index < seen_.size(); ++index) {
    EXPECT_GE(last[index], seen_[index]) << "life " << index;
    EXPECT_LE(cut[index], 1U) << "only what was being said at the kill may be unfinished";
  }
}

void KilledContainer::expect_at_least_once(const std::vector<std::string>& lines) const {
  std::vector<std::set<std::uint64_t>> numbers(seen_.size());
  for (const std::string& line : lines) {
    if (const auto spoken = parse(line); spoken && spoken->life < numbers.size()) {
      numbers[spoken->life].insert(spoken->number);
    }
  }
  for (std::size_t index = 0; index < seen_.size(); ++index) {
    EXPECT_GE(numbers[index].size(), seen_[index]) << "life " << index;
    EXPECT_TRUE(numbers[index].empty() || *numbers[index].rbegin() == numbers[index].size())
        << "some are missing in life " << index;
  }
}

}  // namespace support
