// How fast it is says bench/record_bench.cpp.
#include "logging/pipeline/record_run.h"

#include <random>

#include "base/clock.h"

namespace logging {
namespace {

constexpr std::uint64_t kTime = 1'704'164'645 * base::kNsPerSecond;

/// Frames as a ring would hold them.
class Frames {
 public:
  void add(const std::string& bytes, Stream stream = Stream::kStdout, std::uint8_t flags = 0,
           std::uint64_t time_ns = kTime) {
    texts_.push_back(std::make_unique<std::string>(bytes));
    FrameView view;
    view.position = next_position_;
    view.header.bytes = static_cast<std::uint32_t>(bytes.size());
    view.header.lines = static_cast<std::uint32_t>(std::ranges::count(bytes, '\n')) +
                        ((flags & kFrameUnterminated) != 0 ? 1 : 0);
    view.header.first_line = next_line_;
    view.header.time_ns = time_ns;
    view.header.stream = stream;
    view.header.flags = flags;
    view.bytes = *texts_.back();
    next_position_ = view.end_position();
    next_line_ += view.header.lines;
    views_.push_back(view);
  }

  [[nodiscard]] Cursor end() const { return {.frame = next_position_, .line = next_line_}; }

  /// What peek() gives from there on.
  [[nodiscard]] std::vector<FrameView> from(const Cursor& cursor) const {
    std::vector<FrameView> views;
    for (FrameView view : views_) {
      if (view.position >= cursor.frame) {
        view.bytes.remove_prefix(view.position == cursor.frame ? cursor.offset : 0);
        views.push_back(view);
      }
    }
    return views;
  }

  /// What frames_between() gives.
  [[nodiscard]] std::vector<FrameView> between(const Cursor& first, const Cursor& last) const {
    std::vector<FrameView> views;
    for (FrameView view : from(first)) {
      if (view.position < last.frame || (view.position == last.frame && last.offset > 0)) {
        if (view.position == last.frame) {
          const std::size_t offset = view.position == first.frame ? first.offset : 0;
          view.bytes = view.bytes.substr(0, last.offset - offset);
        }
        views.push_back(view);
      }
    }
    return views;
  }

 private:
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<FrameView> views_;
  std::uint64_t next_position_ = 64;
  std::uint64_t next_line_ = 10;
};

std::unique_ptr<RecordRun> make_run(const std::vector<StepConfig>& steps,
                                    RecordFormat format = RecordFormat::kText) {
  Pipeline pipeline(RecordSource{.service = "web", .fields = {}});
  PipelineConfig config;
  config.steps = steps;
  EXPECT_TRUE(pipeline.add(config, "h"));
  return std::make_unique<RecordRun>(std::move(pipeline), RecordFormatter(format, "h"));
}

StepConfig java() {
  StepConfig step;
  step.multiline = MultilineConfig{};
  step.multiline->preset = "java";
  return step;
}
StepConfig drop(const std::string& pattern) {
  StepConfig step;
  step.drop = MatchConfig{.message = {{{pattern}, false}}};
  return step;
}

std::uint64_t sum(const DropCounts& counts) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) {
    total += count;
  }
  return total;
}

constexpr Cursor kStart{.frame = 64, .offset = 0, .reserved = 0, .line = 10};

TEST(RecordRunTest, TakesAllLinesAndCountsDrops) {
  Frames frames;
  frames.add("a\nx b\nc\n");
  frames.add("x d\ne", Stream::kStderr, kFrameUnterminated);
  const auto run = make_run({drop("^x")});
  const RecordPlan plan = run->plan(frames.from(kStart), kStart, {}, false, kTime);
  EXPECT_EQ(run->output(), "a\nc\ne\n");
  EXPECT_EQ(plan.to, frames.end());
  EXPECT_EQ(plan.dropped[static_cast<std::size_t>(DropReason::kFiltered)], 2U);
}

TEST(RecordRunTest, PiecesOfALongLineCountOnceAndAreNotParsed) {
  Frames frames;
  frames.add("{\"a\":", Stream::kStdout, kFrameMore);
  frames.add("1}\n{}\n", Stream::kStdout, kFrameContinues);
  StepConfig parse;
  parse.parse = ParseConfig{"json", {}};
  const auto run = make_run({parse}, RecordFormat::kLogfmt);
  const RecordPlan plan = run->plan(frames.from(kStart), kStart, {}, false, kTime);
  EXPECT_EQ(plan.to, frames.end());
  const std::string out(run->output());
  EXPECT_EQ(std::ranges::count(out, '\n'), 3);
  EXPECT_THAT(
      out, testing::HasSubstr(R"(message="{\"a\":" parse_error="the line is longer than 64KiB")"));
  EXPECT_THAT(out, testing::HasSubstr("message=1} parse_error="));
}

TEST(RecordRunTest, AnOpenGroupWaitsUntilItsTimeIsOver) {
  Frames frames;
  frames.add("a\nb\n at c\n");
  const auto run = make_run({java()});
  const RecordPlan first = run->plan(frames.from(kStart), kStart, {}, false, kTime);
  EXPECT_EQ(run->output(), "a\n");
  EXPECT_EQ(first.to, (Cursor{.frame = 64, .offset = 2, .reserved = 0, .line = 11}));
  const RecordPlan wait = run->plan(frames.from(first.to), first.to, {}, false, kTime);
  EXPECT_EQ(wait.to, first.to);
  EXPECT_EQ(wait.wait_until_ns, kTime + base::kNsPerSecond);
  const RecordPlan late = run->plan(frames.from(first.to), first.to, {}, false, wait.wait_until_ns);
  EXPECT_EQ(run->output(), "b\n at c\n");
  EXPECT_EQ(late.to, frames.end());
}

TEST(RecordRunTest, RespectsTheRoomOfTheFile) {
  Frames frames;
  frames.add("aaaa\nbbbb\ncccc\n");
  const auto run = make_run({});
  RecordPlan plan = run->plan(frames.from(kStart), kStart, {.bytes = 12, .fresh = false}, false, 0);
  EXPECT_EQ(run->output(), "aaaa\nbbbb\n");
  EXPECT_EQ(plan.to, (Cursor{.frame = 64, .offset = 10, .reserved = 0, .line = 12}));
  plan = run->plan(frames.from(kStart), kStart, {.bytes = 3, .fresh = false}, false, 0);
  EXPECT_TRUE(plan.is_full);
  plan = run->plan(frames.from(kStart), kStart, {.bytes = 3, .fresh = true}, false, 0);
  EXPECT_EQ(run->output(), "aaaa\n");
}

TEST(RecordRunTest, AStatefulRunThatIsNotCommittedHasNotHappened) {
  Frames frames;
  frames.add("a\na\nb\n");
  StepConfig dedupe;
  dedupe.dedupe = DedupeConfig{};
  const auto run = make_run({dedupe});
  static_cast<void>(run->plan(frames.from(kStart), kStart, {}, false, kTime));
  EXPECT_EQ(run->output(), "a\nrepeated 1 times: a\nb\n");
  const RecordPlan again = run->plan(frames.from(kStart), kStart, {}, false, kTime);
  EXPECT_EQ(run->output(), "a\nrepeated 1 times: a\nb\n");
  EXPECT_EQ(sum(again.dropped), 1U);
  run->commit();
  const RecordPlan after = run->plan(frames.from(kStart), kStart, {.bytes = 30}, false, kTime);
  EXPECT_EQ(after.to, frames.end());
}

std::vector<std::string> random_lines(std::mt19937& random, std::size_t count) {
  std::vector<std::string> lines;
  for (std::size_t index = 0; index < count; ++index) {
    const std::string number = std::to_string(index);
    switch (random() % 4) {
      case 0:
        lines.push_back("  at " + number + "\n");
        break;
      case 1:
        lines.push_back("drop " + number + "\n");
        break;
      default:
        lines.push_back("line " + number + "\n");
    }
  }
  return lines;
}

/// However a ring is cut into frames and runs: what runs give together is what one run gives, each
/// is made again from its range, and every line is delivered or counted.
TEST(RecordRunTest, RunsAreSelfContained) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const bool both_streams = round % 3 == 0;
    Frames frames;
    const auto lines = random_lines(random, 60);
    std::string chunk;
    Stream stream = Stream::kStdout;
    std::uint64_t time_ns = kTime;
    for (const std::string& line : lines) {
      chunk += line;
      if (random() % 3 == 0) {
        frames.add(chunk, stream, 0, time_ns);
        chunk.clear();
        stream = both_streams && random() % 4 == 0 ? Stream::kStderr : Stream::kStdout;
        time_ns += (random() % 400) * base::kNsPerMs;
      }
    }
    frames.add("end\n" + chunk, stream, 0, time_ns);
    const auto run = make_run({drop("^drop"), java()});
    const auto twin = make_run({drop("^drop"), java()});
    Cursor at = kStart;
    std::uint64_t dropped = 0;
    std::string all;
    std::uint64_t now_ns = kTime;
    while (!(at == frames.end())) {
      auto views = frames.from(at);
      views.resize(1 + random() % views.size());
      const RecordRoom room{.bytes = random() % 2 == 0 ? 40 + random() % 200 : UINT64_MAX};
      const RecordPlan plan = run->plan(views, at, room, false, now_ns);
      if (plan.to == at) {
        now_ns = std::max(now_ns, plan.wait_until_ns);
        continue;
      }
      const DropCounts again = twin->rebuild(frames.between(at, plan.to), at, plan.to);
      ASSERT_EQ(twin->output(), run->output()) << "round " << round;
      ASSERT_EQ(again, plan.dropped);
      all += run->output();
      dropped += sum(plan.dropped);
      at = plan.to;
    }
    const auto expected_drops = static_cast<std::uint64_t>(
        std::ranges::count_if(lines, [](const auto& line) { return line.starts_with("drop"); }));
    ASSERT_EQ(dropped, expected_drops);
    ASSERT_EQ(std::ranges::count(all, '\n'),
              static_cast<std::ptrdiff_t>(lines.size() + 1 - expected_drops));
  }
}

}  // namespace
}  // namespace logging
