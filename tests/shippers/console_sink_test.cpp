#include "shippers/console/console_sink.h"

#include "shippers/console/console_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/crash_point.h"
#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

class ConsoleSinkTest : public testing::Test {
 protected:
  TestRouter start() {
    files_ = std::make_unique<TestFiles>(world_);
    auto sink = ConsoleSink::make("files", config_, "host", files_->records, report_,
                                  out_.write.get(), err_.write.get());
    EXPECT_TRUE(sink);
    return {world_, std::move(*sink)};
  }

  /// What is in the pipe now.
  static std::string take(const base::Pipe& pipe) {
    std::string text(1U << 20U, '\0');
    const ssize_t count = ::read(pipe.read.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  static base::Pipe make_test_pipe() {
    base::Pipe pipe = std::move(*base::make_pipe());
    EXPECT_TRUE(base::set_nonblocking(pipe.read.get(), true));
    return pipe;
  }

  SinkWorld world_;
  logging::SinkReport report_{world_.state()};
  logging::ConsoleSinkConfig config_;
  base::Pipe out_ = make_test_pipe();
  base::Pipe err_ = make_test_pipe();
  std::unique_ptr<TestFiles> files_;
};

TEST_F(ConsoleSinkTest, StreamsGoToTheirOwnOutputs) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "out\n"));
  ASSERT_TRUE(web.feed(kErrPipe, "err\n"));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(take(out_), "out\n");
  EXPECT_EQ(take(err_), "err\n");
}

TEST_F(ConsoleSinkTest, ATargetTakesBothStreams) {
  config_.target = logging::ConsoleTarget::kStderr;
  config_.prefix = "{service} {stream} | ";
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "a\nb\n"));
  ASSERT_TRUE(web.feed(kErrPipe, "c\n"));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(take(out_), "");
  EXPECT_EQ(take(err_), "web stdout | a\nweb stdout | b\nweb stderr | c\n");
}

TEST_F(ConsoleSinkTest, BirlsOwnLinesGoToStandardErrorWithTheirOwnPrefix) {
  config_.target = logging::ConsoleTarget::kStdout;
  config_.prefix = "{service} | ";
  ASSERT_TRUE(world_.add_service("birl").feed(kOutPipe, "warn: web crashed\n"));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(take(out_), "");
  EXPECT_EQ(take(err_), "birl: warn: web crashed\n");
}

TEST_F(ConsoleSinkTest, AFinalLineWithoutNewlineStaysSoEvenOverARouterDeath) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "abc"));
  web.close(kOutPipe);
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(take(out_), "abc");
  TestRouter next = start();
  web.start(2);
  ASSERT_TRUE(web.feed(kOutPipe, "def\n"));
  ASSERT_TRUE(next.drain());
  EXPECT_EQ(take(out_), "\ndef\n");
}

TEST_F(ConsoleSinkTest, DoesNotChangeTheSharedDescription) {
  ASSERT_TRUE(world_.add_service("web").feed(kOutPipe, "x\n"));
  ASSERT_TRUE(start().drain());
  EXPECT_EQ(::fcntl(out_.write.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ConsoleSinkTest, AStuckReaderHoldsBackTheRestAndLosesNothing) {
  TestService& web = world_.add_service("web");
  ASSERT_GE(::fcntl(out_.write.get(), F_SETPIPE_SZ, 4096), 4096);
  std::string all;
  for (int line = 0; line < 1000; ++line) {
    all += "line " + std::to_string(line) + "\n";
  }
  ASSERT_TRUE(web.feed(kOutPipe, all));
  TestRouter router = start();
  EXPECT_FALSE(router.drain(2));  // says when to come again, and does not block
  EXPECT_FALSE(report_.is_failing());
  std::string text;
  for (int turn = 0; turn < 100; ++turn) {
    text += take(out_);
    (void)router.drain(1);
  }
  EXPECT_EQ(text, all);
}

TEST_F(ConsoleSinkTest, AStuckReaderOfOneServiceKeepsTheOrderOfOthers) {
  TestService& web = world_.add_service("web");
  TestService& app = world_.add_service("app");
  ASSERT_GE(::fcntl(out_.write.get(), F_SETPIPE_SZ, 4096), 4096);
  ASSERT_TRUE(web.feed(kOutPipe, std::string(6000, 'w') + "\n"));
  ASSERT_TRUE(app.feed(kOutPipe, "app\n"));
  TestRouter router = start();
  EXPECT_FALSE(router.drain(1));
  std::string text;
  for (int turn = 0; turn < 10; ++turn) {
    text += take(out_);
    (void)router.drain(1);
  }
  EXPECT_EQ(text, std::string(6000, 'w') + "\napp\n");
}

TEST_F(ConsoleSinkTest, AClosedPipeIsReportedAndLosesNothing) {
  TestService& web = world_.add_service("web");
  ASSERT_TRUE(web.feed(kOutPipe, "out\n"));
  out_.read.reset();
  TestRouter router = start();
  EXPECT_FALSE(router.drain(3));
  EXPECT_TRUE(report_.is_failing());
  EXPECT_STREQ(world_.state().last_error.data(), "cannot write to standard output: Broken pipe");
  EXPECT_EQ(router.consumers[0]->cursor().line, 0U);
}

TEST_F(ConsoleSinkTest, ADescriptorThatIsNotOpenIsAnError) {
  ASSERT_TRUE(world_.add_service("web").feed(kOutPipe, "out\n"));
  TestFiles files(world_);
  constexpr int kNotOpen = 1'000'000;
  auto sink =
      ConsoleSink::make("files", config_, "host", files.records, report_, kNotOpen, kNotOpen);
  TestRouter router(world_, std::move(*sink));
  EXPECT_FALSE(router.drain(1));
  EXPECT_STREQ(world_.state().last_error.data(),
               "cannot write to standard output: Bad file descriptor");
}

TEST_F(ConsoleSinkTest, AFileIsAppendedAtTheSharedOffset) {
  const std::string path = world_.directory / "out";
  test_support::write_file(path, "");
  out_.write = base::Fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::write(out_.write.get(), "before\n", 7), 7);
  ASSERT_TRUE(world_.add_service("web").feed(kOutPipe, "out\n"));
  ASSERT_TRUE(start().drain());
  ASSERT_EQ(::write(out_.write.get(), "after\n", 6), 6);
  EXPECT_EQ(test_support::read_file(path), "before\nout\nafter\n");
}

TEST_F(ConsoleSinkTest, ASocketIsWrittenWithoutBlocking) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  out_.write = base::Fd(ends[0]);
  out_.read = base::Fd(ends[1]);
  TestService& web = world_.add_service("web", 4U << 20U);
  const std::string line = std::string(999, 'x') + "\n";
  std::string all;
  for (int count = 0; count < 1000; ++count) {
    ASSERT_TRUE(web.feed(kOutPipe, line));
    all += line;
  }
  TestRouter router = start();
  EXPECT_FALSE(router.drain(1));
  ASSERT_TRUE(base::set_nonblocking(out_.read.get(), true));
  std::string text;
  for (int turn = 0; turn < 1000 && text.size() < all.size(); ++turn) {
    text += take(out_);
    (void)router.drain(1);
  }
  EXPECT_EQ(text, all);
}

/// At least once, whole lines, in order: a killed router repeats at most its last batch.
TEST_F(ConsoleSinkTest, AKillAtAnyStepLosesNoLineAndRepeatsAtMostOneBatch) {
  std::string all;
  for (int line = 0; line < 1500; ++line) {
    all += "line " + std::to_string(line) + "\n";
  }
  bool killed = true;
  int repeated = 0;
  for (int point = 1; killed; ++point) {
    SinkWorld world;
    TestService& web = world.add_service("web");
    ASSERT_TRUE(web.feed(kOutPipe, all));
    const base::Pipe out = make_test_pipe();
    const auto run = [&] {
      logging::SinkReport report(world.state());
      TestFiles files(world);
      TestRouter router(
          world, std::move(*ConsoleSink::make("files", config_, "host", files.records, report,
                                              out.write.get(), out.write.get())));
      EXPECT_TRUE(router.drain());
    };
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("BIRL_DEBUG_CRASH", ("*?:" + std::to_string(point)).c_str(), 1);
      base::arm_crash_points();
      run();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    killed = WIFSIGNALED(status);
    const std::string first = take(out);
    run();
    const std::string second = take(out);
    ASSERT_TRUE(first.empty() || first.back() == '\n');
    ASSERT_TRUE(all.starts_with(first));
    ASSERT_TRUE(all.ends_with(second));
    ASSERT_GE(first.size() + second.size(), all.size());
    ASSERT_LE(first.size() + second.size(), all.size() + ConsoleLimits::kBatchBytes);
    repeated += first.size() + second.size() > all.size() ? 1 : 0;
  }
  EXPECT_GT(repeated, 0);
}

}  // namespace
}  // namespace shippers
