// The promise of the file sink: every line exactly once, whatever step the router is killed at.
//
// Each case runs a scenario in a child process that kills itself at the N-th crash point, for
// N = 1, 2, ... until the child comes through, and lets the next router finish. Rings, records and
// files are what a real router leaves behind: shared memory and a real directory.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <sstream>

#include "base/crash_point.h"
#include "base/date_format.h"
#include "shippers/file/record_run_format.h"
#include "shippers/lines/record_lines.h"
#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

struct Scenario {
  std::string path = "{service}";
  std::uint64_t rotate_bytes = 600;
  std::size_t append_bytes_max = 90;  // so that a write may be torn anywhere
  logging::FileSinkConfig config{};   // but path and rotate.size
  std::vector<std::string> services{"web"};
  logging::PipelineConfig pipeline{};
  std::size_t seeds = 150;  // of kills while it recovers
  std::function<void(SinkWorld&)> feed;
};

std::unique_ptr<SinkWorld> make_world(const Scenario& scenario) {
  auto world = std::make_unique<SinkWorld>();
  for (const std::string& name : scenario.services) {
    world->add_service(name);
  }
  scenario.feed(*world);
  return world;
}

void run_router(SinkWorld& world, const Scenario& scenario) {
  logging::FileSinkConfig config = scenario.config;
  config.path = world.directory / scenario.path;
  config.rotate.size.bytes = scenario.rotate_bytes;
  config.rotate.keep = 1000;
  logging::SinkReport report(world.state());
  TestFiles files(world);
  files.faults->set_append_bytes_max(scenario.append_bytes_max);
  const PipelineMaker pipeline =
      [&scenario](const std::string& service) -> base::Result<logging::Pipeline> {
    logging::Pipeline made(logging::RecordSource{.service = service, .fields = {}});
    TRY(made.add(scenario.pipeline, "host"));
    return made;
  };
  TestRouter router(world, make_file_sink(files, report, config, "files", pipeline));
  ASSERT_TRUE(router.drain());
  world.finish_background();
}

/// True when the child was killed; false when it came to its end.
bool run_killed(SinkWorld& world, const Scenario& scenario, const std::string& crash) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("BIRL_DEBUG_CRASH", crash.c_str(), 1);
    base::arm_crash_points();
    run_router(world, scenario);
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) {
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    return true;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return false;
}

using Check = std::function<void(const SinkWorld&)>;

/// "*?" is every crash point, counted (a pattern that ends in `*` would draw at random).
void crash_everywhere(const Scenario& scenario, const Check& check) {
  bool killed = true;
  std::size_t point = 1;
  for (; killed; ++point) {
    const auto world = make_world(scenario);
    killed = run_killed(*world, scenario, "*?:" + std::to_string(point));
    run_router(*world, scenario);
    check(*world);
    ASSERT_FALSE(testing::Test::HasFailure()) << "killed at crash point " << point;
  }
  EXPECT_GT(point, 10U);
}

/// The recovery is killed too, again and again, before one is let through.
void crash_in_recovery(const Scenario& scenario, const Check& check) {
  for (std::size_t seed = 1; seed < scenario.seeds; ++seed) {
    const auto world = make_world(scenario);
    std::size_t state = seed;
    for (int life = 0; life < 12; ++life) {
      state = state * 1'103'515'245 + 12'345;
      (void)run_killed(*world, scenario, "*?:" + std::to_string(1 + (state >> 16U) % 37));
    }
    run_router(*world, scenario);
    check(*world);
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

std::string numbered(const std::string& name, int first, int count) {
  std::string text;
  for (int line = first; line < first + count; ++line) {
    text += name + " " + std::to_string(line) +
            std::string(static_cast<std::size_t>(line * 7 % 60), '.') + "\n";
  }
  return text;
}

Scenario single_file() {
  Scenario scenario;
  scenario.feed = [](SinkWorld& world) {
    for (int round = 0; round < 4; ++round) {
      ASSERT_TRUE(world.services[0]->feed(kOutPipe, numbered("web", round * 20, 20)));
    }
  };
  return scenario;
}

void check_single_file(const SinkWorld& world) {
  EXPECT_EQ(read_generations(world.directory / "web"), numbered("web", 0, 80));
}

TEST(FileCrashTest, OneFileSurvivesAKillAtEveryStep) {
  crash_everywhere(single_file(), check_single_file);
}

TEST(FileCrashTest, OneFileSurvivesKillsWhileItRecovers) {
  crash_in_recovery(single_file(), check_single_file);
}

/// Two lines of four are kept: a record of two lines. One is dropped, and one is a record by
/// itself.
std::string traces(int first, int count, bool written) {
  std::string text;
  for (int number = first; number < first + count; ++number) {
    const std::string n = std::to_string(number);
    text += "error " + n + "\n  at " + n + "\n";
    text += written ? "" : "drop " + n + "\n";
    text += "fine " + n + "\n";
  }
  return text;
}

Scenario records() {
  Scenario scenario;
  logging::StepConfig drop;
  drop.drop = logging::MatchConfig{};
  drop.drop->message.items = {"^drop"};
  logging::StepConfig multiline;
  multiline.multiline = logging::MultilineConfig{};
  multiline.multiline->preset = "java";
  scenario.pipeline.steps = {drop, multiline};
  scenario.feed = [](SinkWorld& world) {
    for (int round = 0; round < 4; ++round) {
      ASSERT_TRUE(world.services[0]->feed(kOutPipe, traces(round * 6, 6, false)));
    }
  };
  return scenario;
}

logging::RingView::ConsumerState ledger_of(const SinkWorld& world) {
  const auto view =
      logging::RingView::open(world.services[0]->fd.get(), logging::RingView::Extent::kHeaders);
  return view->consumers().at(0);
}

void check_records(const SinkWorld& world) {
  EXPECT_EQ(read_generations(world.directory / "web"), traces(0, 24, true));
  const auto ledger = ledger_of(world);
  EXPECT_EQ(ledger.received, 96U);
  EXPECT_EQ(ledger.delivered, 72U);
  EXPECT_EQ(ledger.dropped[static_cast<std::size_t>(logging::DropReason::kFiltered)], 24U);
}

TEST(FileCrashTest, RecordsAndTheirLedgerSurviveAKillAtEveryStep) {
  crash_everywhere(records(), check_records);
}

TEST(FileCrashTest, RecordsSurviveKillsWhileTheSinkRecovers) {
  crash_in_recovery(records(), check_records);
}

/// What a step remembers dies with the router: then a repetition may be written once more, but
/// counted as what it is.
TEST(FileCrashTest, AStatefulPipelineLosesNothingAndItsLedgerIsExact) {
  Scenario scenario;
  logging::StepConfig dedupe;
  dedupe.dedupe = logging::DedupeConfig{};
  scenario.pipeline.steps = {dedupe};
  scenario.feed = [](SinkWorld& world) {
    for (int line = 0; line < 40; ++line) {
      const std::string text = "line " + std::to_string(line / 4) + "\n";
      ASSERT_TRUE(world.services[0]->feed(kOutPipe, text));
    }
  };
  crash_everywhere(scenario, [](const SinkWorld& world) {
    std::istringstream lines(read_generations(world.directory / "web"));
    std::vector<std::string> distinct;
    std::uint64_t written = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("repeated ")) {
        continue;
      }
      ++written;
      if (distinct.empty() || distinct.back() != line) {
        distinct.push_back(line);
      }
    }
    EXPECT_EQ(distinct.size(), 10U);
    const auto ledger = ledger_of(world);
    EXPECT_EQ(ledger.delivered, written);
    EXPECT_EQ(
        ledger.delivered + ledger.dropped[static_cast<std::size_t>(logging::DropReason::kDeduped)],
        40U);
  });
}

Scenario shared_file() {
  Scenario scenario;
  scenario.path = "all";
  scenario.services = {"a", "b", "c", "d"};
  scenario.feed = [](SinkWorld& world) {
    for (int round = 0; round < 3; ++round) {
      for (const auto& service : world.services) {
        ASSERT_TRUE(service->feed(kOutPipe, numbered(service->name, round * 5, 5)));
        ASSERT_TRUE(service->feed(kErrPipe, numbered(service->name + "!", round * 5, 5)));
      }
    }
  };
  return scenario;
}

void check_shared_file(const SinkWorld& world) {
  std::map<std::string, std::string> found;
  std::istringstream text(read_generations(world.directory / "all"));
  for (std::string line; std::getline(text, line);) {
    found[line.substr(0, line.find(' '))] += line + "\n";
  }
  std::map<std::string, std::string> expected;
  for (const char* name : {"a", "b", "c", "d", "a!", "b!", "c!", "d!"}) {
    expected[name] = numbered(name, 0, 15);
  }
  EXPECT_EQ(found, expected);
}

TEST(FileCrashTest, ASharedFileSurvivesAKillAtEveryStep) {
  crash_everywhere(shared_file(), check_shared_file);
}

TEST(FileCrashTest, ASharedFileSurvivesKillsWhileItRecovers) {
  crash_in_recovery(shared_file(), check_shared_file);
}

/// Pieces of long lines, interrupted by the other stream, and a line without its newline.
Scenario long_lines() {
  Scenario scenario;
  scenario.append_bytes_max = 3000;
  scenario.rotate_bytes = 20'000;
  scenario.feed = [](SinkWorld& world) {
    TestService& web = *world.services[0];
    ASSERT_TRUE(web.feed(kOutPipe, "first\n"));
    ASSERT_TRUE(web.feed(kOutPipe, std::string(16'384, 'x')));
    ASSERT_TRUE(web.feed(kErrPipe, "error\n"));
    ASSERT_TRUE(web.feed(kOutPipe, "y\nlast"));
    web.close(kOutPipe);
    web.start(2);
    ASSERT_TRUE(web.feed(kOutPipe, "again\n"));
  };
  return scenario;
}

void check_long_lines(const SinkWorld& world) {
  std::string text = read_generations(world.directory / "web");
  const std::size_t error = text.find("\nerror\n");
  ASSERT_NE(error, text.npos);
  text.erase(error, 7);
  EXPECT_EQ(text, "first\n" + std::string(16'384, 'x') + "y\nlast\nagain\n");
}

TEST(FileCrashTest, OpenLinesSurviveAKillAtEveryStep) {
  crash_everywhere(long_lines(), check_long_lines);
}

TEST(FileCrashTest, OpenLinesSurviveKillsWhileItRecovers) {
  crash_in_recovery(long_lines(), check_long_lines);
}

Scenario split_streams() {
  Scenario scenario;
  scenario.path = "{service}.{stream}";
  scenario.feed = [](SinkWorld& world) {
    for (int round = 0; round < 8; ++round) {
      ASSERT_TRUE(world.services[0]->feed(kOutPipe, numbered("out", round * 4, 4)));
      ASSERT_TRUE(world.services[0]->feed(kErrPipe, numbered("err", round * 4, 4)));
    }
  };
  return scenario;
}

void check_split_streams(const SinkWorld& world) {
  EXPECT_EQ(read_generations(world.directory / "web.stdout"), numbered("out", 0, 32));
  EXPECT_EQ(read_generations(world.directory / "web.stderr"), numbered("err", 0, 32));
}

TEST(FileCrashTest, SplitStreamsSurviveAKillAtEveryStep) {
  crash_everywhere(split_streams(), check_split_streams);
}

/// Stamps of the same frames are the same in every life of the router.
Scenario stamped(logging::ArchiveNaming naming) {
  Scenario scenario = single_file();
  scenario.append_bytes_max = 300;
  scenario.seeds = 30;  // each packing forces a file to the disk
  scenario.config.format = logging::SinkFormat::kText;
  scenario.config.rotate.compress = logging::ArchiveCompress::kGzip;
  scenario.config.rotate.naming = naming;
  return scenario;
}

std::string with_heads(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    out += "1970-01-01T00:00:00.000000001Z web stdout " + line + "\n";
  }
  return out;
}

class PackedFileCrashTest : public testing::TestWithParam<logging::ArchiveNaming> {
 protected:
  static Check check() {
    return [](const SinkWorld& world) {
      const std::string path = world.directory / "web";
      EXPECT_EQ(read_generations(path, GetParam()), with_heads(numbered("web", 0, 80)));
      for (const std::string& file : generations(path, GetParam())) {
        EXPECT_EQ(file.ends_with(".gz"), file != path) << file;
        EXPECT_LE(read_log(file).size(), 600U);
      }
    };
  }
};

TEST_P(PackedFileCrashTest, StampedAndPackedItSurvivesAKillAtEveryStep) {
  crash_everywhere(stamped(GetParam()), check());
}

TEST_P(PackedFileCrashTest, StampedAndPackedItSurvivesKillsWhileItRecovers) {
  crash_in_recovery(stamped(GetParam()), check());
}

INSTANTIATE_TEST_SUITE_P(Namings, PackedFileCrashTest,
                         testing::Values(logging::ArchiveNaming::kTimestamp,
                                         logging::ArchiveNaming::kNumber,
                                         logging::ArchiveNaming::kTai64n));

/// The file left behind is of yesterday; today's router completes it there and nowhere else.
TEST(FileCrashTest, ADateThatChangesWhileTheRouterIsDeadLosesAndDoublesNothing) {
  constexpr std::uint64_t kDay = 86'400 * base::kNsPerSecond;
  Scenario scenario = single_file();
  scenario.path = "{service}-{date:%F}";
  bool killed = true;
  for (std::size_t point = 1; killed; ++point) {
    const auto world = make_world(scenario);
    const std::uint64_t noon_ns = base::realtime_ns() / kDay * kDay + kDay / 2;
    world->clock_ahead_ns = noon_ns - base::realtime_ns();
    killed = run_killed(*world, scenario, "*?:" + std::to_string(point));
    world->clock_ahead_ns += kDay;
    run_router(*world, scenario);
    std::string text;
    for (const std::uint64_t day_ns : {noon_ns, noon_ns + kDay}) {
      text += read_generations(world->directory / ("web-" + base::format_date("%F", day_ns)));
    }
    EXPECT_EQ(text, numbered("web", 0, 80));
    EXPECT_LE(FileRecordTable(world->records(), {"files"}).used(), 1U);
    ASSERT_FALSE(testing::Test::HasFailure()) << "killed at crash point " << point;
  }
}

}  // namespace
}  // namespace shippers
