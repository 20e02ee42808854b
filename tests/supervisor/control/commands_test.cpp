// The commands from argv to exit code, against a server with a fake fleet and real rings. So
// supervisor/control/client.cpp is tested here too, as is each of:
//
//     supervisor/control/cmd_check.cpp    supervisor/control/cmd_signal.cpp
//     supervisor/control/cmd_healthy.cpp  supervisor/control/cmd_start.cpp
//     supervisor/control/cmd_logs.cpp     supervisor/control/cmd_status.cpp
//     supervisor/control/cmd_new.cpp      supervisor/control/cmd_stop.cpp
//     supervisor/control/cmd_reload.cpp
//     supervisor/control/cmd_rotate.cpp   supervisor/control/cmd_tap.cpp
//     supervisor/control/cmd_restart.cpp  supervisor/control/cmd_version.cpp
//     supervisor/control/cmd_vendors.cpp  supervisor/control/cmd_spool.cpp
//     supervisor/control/cmd_run.cpp      supervisor/control/cmd_wait.cpp
//     supervisor/control/cmd_shutdown.cpp supervisor/control/command_support.cpp
//     supervisor/control/exit_code.cpp    supervisor/control/ring_frames.cpp
//     supervisor/control/cmd_explain.cpp  supervisor/control/cmd_probe.cpp
//     supervisor/control/cmd_trace.cpp    supervisor/control/cmd_events.cpp
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sys/wait.h>

#include <cstring>

#include "logging/handoff/ring_create.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_writer.h"
#include "supervisor/cli.h"
#include "supervisor/control/version.h"
#include "supervisor/init.h"
#include "tests/supervisor/control/fake_port.h"
#include "tests/supervisor/control/loop_thread.h"

namespace supervisor {

namespace {
std::vector<std::string> command_of_run;
}

// PID 1 is not part of these tests: `run` arrives here.
int run_init(const RunOptions& options) {
  command_of_run = options.command;
  return 42;
}

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string errors;
};

Ran run_birl(std::vector<std::string> words) {
  words.insert(words.begin(), "birl");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.exit_code = cli_main(words);
  ran.out = testing::internal::GetCapturedStdout();
  ran.errors = testing::internal::GetCapturedStderr();
  return ran;
}

/// Appends `text` to a ring as one read of its stdout at `time_ns`.
void append(const base::Fd& ring, std::string_view text, std::uint64_t time_ns) {
  auto map = logging::RingMap::open(ring.get(), base::Access::kReadWrite);
  logging::RingWriter writer(*map);
  writer.label_pipe(0, logging::Stream::kStdout, 1);
  std::memcpy(writer.prepare(0, text.size()), text.data(), text.size());
  writer.commit(0, text.size(), time_ns);
}

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    ::mkdtemp(directory_.data());
    port_.services["web"] = {.state = "running", .ready = true, .starts = 1, .reason = {}};
    port_.services["db"] = {.state = "stopped", .ready = false, .starts = 0, .reason = {}};
    access_.user = ::geteuid();
    ::setenv("BIRL_SOCKET", path().c_str(), 1);
  }
  ~CommandsTest() override {
    server_.reset();
    ::unlink(path().c_str());
    ::rmdir(directory_.c_str());
    ::unsetenv("BIRL_SOCKET");
  }
  void serve() { server_ = std::make_unique<LoopThread>(path(), port_, access_, limits_); }
  std::string path() const { return directory_ + "/control.sock"; }

  std::string directory_ = "/tmp/birl_commands_XXXXXX";
  FakePort port_;
  ControlAccess access_;
  ControlLimits limits_;
  std::unique_ptr<LoopThread> server_;
};

TEST_F(CommandsTest, WithoutAnInstanceTheExitCodeIsThree) {
  const Ran ran = run_birl({"status"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_EQ(ran.errors, "birl: cannot find a running birl at " + path() +
                            ": start one with `birl run`, or name its socket with --socket\n");
}

TEST_F(CommandsTest, AnUnknownServiceEndsWithThree) {
  serve();
  for (const char* verb : {"status", "start", "stop", "restart", "reload", "wait", "healthy"}) {
    const Ran ran = run_birl({verb, "webb"});
    EXPECT_EQ(ran.exit_code, 3) << verb;
    EXPECT_EQ(ran.errors, "birl: cannot find service webb (did you mean web?)\n");
  }
  EXPECT_EQ(run_birl({"signal", "HUP", "webb"}).exit_code, 3);
}

TEST_F(CommandsTest, UsageErrorsEndWithTwo) {
  serve();
  EXPECT_EQ(run_birl({"restrat"}).exit_code, 2);
  EXPECT_EQ(run_birl({"restrat"}).errors, "birl: no verb restrat (did you mean restart?)\n");
  EXPECT_EQ(run_birl({"stop"}).exit_code, 2);
  EXPECT_EQ(run_birl({"stop", "web", "--timeout", "5"}).exit_code, 2);
  EXPECT_EQ(run_birl({"signal", "NONSENSE", "web"}).exit_code, 2);
  EXPECT_EQ(run_birl({"run", "--bogus"}).exit_code, 2);
}

TEST_F(CommandsTest, ATraceIsATableOrTheJsonItself) {
  serve();
  EXPECT_EQ(run_birl({"trace"}).out,
            "SINCE BOOT  SERVICE  INPUT   DETAILS\n"
            "0.001499    web      exited  exit_code 3, pid 7\n");
  EXPECT_EQ(run_birl({"trace", "--json"}).out, port_.trace() + "\n");
}

TEST_F(CommandsTest, EventsAreLinesOfJsonBehindANumber) {
  port_.event_log.append({.event = "running", .service = "web"}, 0);
  port_.event_log.append({.event = "stopped", .service = "web"}, 0);
  serve();
  EXPECT_THAT(run_birl({"events", "--since", "1", "web"}).out,
              StartsWith("{\"sequence\":2,\"time\":\"1970-01-01T00:00:00.000Z\","));
  EXPECT_EQ(run_birl({"events", "db"}).out, "");
  EXPECT_EQ(run_birl({"events", "--since", "x"}).exit_code, 2);
  EXPECT_EQ(run_birl({"events", "nobody"}).exit_code, 3);
}

TEST_F(CommandsTest, TransitionsAreQuietAndEndWithZero) {
  serve();
  for (const char* verb : {"start", "restart", "reload", "stop"}) {
    const Ran ran = run_birl({verb, "web", "db"});
    EXPECT_EQ(ran.exit_code, 0) << ran.errors;
    EXPECT_EQ(ran.out + ran.errors, "");
  }
  EXPECT_THAT(port_.calls, ElementsAre("start web", "start db", "restart web", "restart db",
                                       "reload web", "reload db", "stop web", "stop db"));
}

TEST_F(CommandsTest, ReloadWithoutANameTellsWhatHasChanged) {
  port_.config_progress.restarted = {"web"};
  port_.config_progress.messages = {"birl.toml:1:1: warning"};
  serve();
  const Ran ran = run_birl({"reload"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out, "restarted: web\n");
  EXPECT_EQ(ran.errors, "birl.toml:1:1: warning\n");
  EXPECT_THAT(run_birl({"reload", "--json"}).out, HasSubstr("\"restarted\":[\"web\"]"));
  EXPECT_EQ(run_birl({"reload", "--no-wait"}).out, "");
}

TEST_F(CommandsTest, AWrongConfigurationEndsReloadWithTwo) {
  port_.config_progress.error =
      base::Error{.code = base::ErrorCode::kInvalid, .sys_errno = 0, .message = "cannot reload"};
  port_.config_progress.messages = {"birl.toml:3:1: cannot read it"};
  serve();
  const Ran ran = run_birl({"reload"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.errors, "birl: cannot reload\nbirl.toml:3:1: cannot read it\n");
}

TEST_F(CommandsTest, AServiceThatDoesNotComeBackAfterAReloadIsTold) {
  port_.config_progress.restarted = {"web"};
  port_.services["web"] = {
      .state = "backoff", .ready = false, .starts = 1, .reason = "exited with code 1"};
  serve();
  const Ran ran = run_birl({"reload"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.errors, HasSubstr("in effect, but web: exited with code 1"));
}

TEST_F(CommandsTest, AReloadThatTakesTooLongEndsWithFour) {
  port_.arrives_at_once = false;
  serve();
  EXPECT_EQ(run_birl({"reload", "--timeout", "10ms"}).exit_code, 4);
}

TEST_F(CommandsTest, WaitingTooLongEndsWithFour) {
  serve();
  const Ran ran = run_birl({"wait", "db", "--timeout", "20ms"});
  EXPECT_EQ(ran.exit_code, 4);
  EXPECT_EQ(ran.errors, "birl: cannot wait for db within 20ms: it is stopped\n");
  const Ran stopped = run_birl({"wait", "web", "--for", "stopped", "--timeout", "20ms"});
  EXPECT_EQ(stopped.errors, "birl: cannot wait for web within 20ms: it is running\n");
}

TEST_F(CommandsTest, StatusPrintsATableOrTheServersJson) {
  serve();
  EXPECT_THAT(run_birl({"status"}).out, HasSubstr("\nSERVICE  STATE"));
  const Ran json = run_birl({"status", "web", "--json"});
  EXPECT_THAT(json.out,
              AllOf(StartsWith("{\"pid\":"), EndsWith("}\n"), testing::Not(HasSubstr("\"db\""))));
}

TEST_F(CommandsTest, HealthyTellsWhatIsNot) {
  serve();
  const Ran ran = run_birl({"healthy"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "db: it is stopped\n");
  EXPECT_EQ(run_birl({"healthy", "web"}).exit_code, 0);
  EXPECT_EQ(run_birl({"healthy", "--live", "--json"}).out, "{\"healthy\":true,\"problems\":[]}\n");
}

TEST_F(CommandsTest, ProbeNeedsNoInstanceAndTellsByItsExitCode) {
  EXPECT_EQ(run_birl({"probe", "file", "/"}).exit_code, 0);
  const Ran ran = run_birl({"probe", "tcp", "unix:/nobody/here"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.errors, HasSubstr("cannot reach unix:/nobody/here: "));
  EXPECT_EQ(run_birl({"probe", "http", "localhost"}).exit_code, 2);
  EXPECT_EQ(run_birl({"probe", "icmp", "localhost"}).exit_code, 2);
}

TEST_F(CommandsTest, ExplainPrintsALineAFact) {
  serve();
  const Ran ran = run_birl({"explain", "web"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out, "web is running\nthat is all\n");
  EXPECT_EQ(run_birl({"explain", "web", "--json"}).out,
            "{\"name\":\"web\",\"lines\":[\"web is running\",\"that is all\"]}\n");
  EXPECT_EQ(run_birl({"explain", "wbe"}).exit_code, 3);
}

TEST_F(CommandsTest, SignalAndShutdownReachTheInstance) {
  serve();
  EXPECT_EQ(run_birl({"signal", "HUP", "web", "--group"}).exit_code, 0);
  EXPECT_EQ(run_birl({"--socket", path(), "shutdown", "--exit-code", "7"}).exit_code, 0);
  EXPECT_THAT(port_.calls, ElementsAre("signal HUP web group", "shutdown 7"));
}

TEST_F(CommandsTest, RotateReachesTheInstance) {
  serve();
  EXPECT_EQ(run_birl({"rotate"}).exit_code, 0);
  EXPECT_EQ(run_birl({"rotate", "files"}).exit_code, 0);
  EXPECT_EQ(run_birl({"rotate", "nowhere"}).exit_code, 3);
  EXPECT_THAT(port_.calls, ElementsAre("rotate ", "rotate files", "rotate nowhere"));
}

TEST_F(CommandsTest, ATapOfNoSinkSaysSo) {
  serve();
  EXPECT_EQ(run_birl({"tap", "nowhere"}).exit_code, 3);
  EXPECT_EQ(run_birl({"tap"}).exit_code, 2);
  EXPECT_THAT(port_.calls, ElementsAre("tap nowhere"));
}

TEST_F(CommandsTest, WhatChangesASpoolReachesTheInstance) {
  serve();
  // The fake's pipe says nothing, as one of a router that dies does.
  EXPECT_EQ(run_birl({"spool", "replay", "loki"}).exit_code, 1);
  EXPECT_EQ(run_birl({"spool", "drop", "loki"}).exit_code, 1);
  EXPECT_EQ(run_birl({"spool", "drop", "loki", "--dead"}).exit_code, 1);
  EXPECT_EQ(run_birl({"spool", "drop"}).exit_code, 2);
  EXPECT_EQ(run_birl({"spool", "empty", "loki"}).exit_code, 2);
  EXPECT_THAT(port_.calls, ElementsAre("spool 0 loki", "spool 1 loki", "spool 2 loki"));
}

TEST_F(CommandsTest, RunHandsItsCommandToTheInstance) {
  EXPECT_EQ(run_birl({"run", "--", "sleep", "--help"}).exit_code, 42);
  EXPECT_THAT(command_of_run, ElementsAre("sleep", "--help"));
}

TEST_F(CommandsTest, NewWritesAStarterFileOnce) {
  const std::string file = directory_ + "/birl.toml";
  EXPECT_EQ(run_birl({"new", file}).out, "wrote " + file + "; next: birl check -c " + file + "\n");
  const Ran again = run_birl({"new", file});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, HasSubstr("it is there already"));
  EXPECT_THAT(run_birl({"new", "-"}).out, HasSubstr("[service."));
  ::unlink(file.c_str());
}

TEST_F(CommandsTest, CheckHasItsHelpHere) {
  const Ran ran = run_birl({"check", "--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, HasSubstr("--strict"));
}

// supervisor/control/cmd_test.cpp
TEST_F(CommandsTest, TestShowsItsHelpWithoutTheRouter) {
  const Ran ran = run_birl({"test", "--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, HasSubstr("Run the [[test]] tables"));
}

TEST_F(CommandsTest, VersionAndHelpNeedNoInstance) {
  EXPECT_EQ(run_birl({"version"}).out, "birl " BIRL_VERSION "\n");
  EXPECT_EQ(run_birl({"--version"}).out, "birl " BIRL_VERSION "\n");
  EXPECT_EQ(run_birl({"version", "--json"}).out,
            std::string("{\"version\":\"" BIRL_VERSION "\",\"build\":\"") +
                std::string(kBuildKind) + "\"}\n");
  EXPECT_THAT(run_birl({"help"}).out, HasSubstr("birl check -c birl.toml"));
  EXPECT_THAT(run_birl({"run", "--help"}).out, HasSubstr("--hold"));
  EXPECT_EQ(run_birl({}).exit_code, 0);
}

class CommandsLogsTest : public CommandsTest {
 protected:
  CommandsLogsTest() {
    for (const char* name : {"web", "db"}) {
      port_.rings[name] = *logging::create_ring(port_.rings.size() + 1, 1U << 16U, "/tmp");
    }
    append(port_.rings["web"], "w1\n", 1'000'000'000);
    append(port_.rings["db"], "d2\n", 2'000'000'000);
    append(port_.rings["web"], "w3\nw4\n", 3'000'000'000);
    serve();
  }
};

TEST_F(CommandsLogsTest, OneNamePrintsBareLines) {
  EXPECT_EQ(run_birl({"logs", "web"}).out, "w1\nw3\nw4\n");
  EXPECT_EQ(run_birl({"logs", "web", "-n", "1", "-t"}).out, "1970-01-01T00:00:03.000Z w4\n");
}

TEST_F(CommandsLogsTest, SeveralOrNoneAreMergedByTime) {
  EXPECT_EQ(run_birl({"logs"}).out, "web | w1\ndb | d2\nweb | w3\nweb | w4\n");
  EXPECT_EQ(run_birl({"logs", "web", "db", "-n1"}).out, "db | d2\nweb | w4\n");
}

TEST_F(CommandsLogsTest, AStreamWithoutLinesPrintsNothing) {
  const Ran ran = run_birl({"logs", "--stream", "stderr"});
  EXPECT_EQ(ran.out + ran.errors, "");
  EXPECT_EQ(ran.exit_code, 0);
}

TEST_F(CommandsLogsTest, JsonIsOneObjectALine) {
  EXPECT_EQ(run_birl({"logs", "db", "--json"}).out,
            "{\"time\":\"1970-01-01T00:00:02.000Z\",\"service\":\"db\",\"stream\":\"stdout\","
            "\"message\":\"d2\"}\n");
}

/// `birl logs -f` in a child, with its standard output in a pipe.
struct Follower {
  base::Fd out;
  pid_t pid = -1;

  explicit Follower(std::vector<std::string> words) {
    auto pipe = base::make_pipe();
    pid = ::fork();
    if (pid == 0) {
      ::dup2(pipe->write.get(), STDOUT_FILENO);
      pipe->read.reset();
      pipe->write.reset();
      words.insert(words.begin(), "birl");
      ::_exit(cli_main(words));
    }
    out = std::move(pipe->read);
  }
  std::string read_bytes(std::size_t count) const {
    std::string text(count, '\0');
    std::size_t got = 0;
    while (got < count) {
      const ssize_t part = ::read(out.get(), text.data() + got, count - got);
      if (part <= 0) {
        break;
      }
      got += static_cast<std::size_t>(part);
    }
    text.resize(got);
    return text;
  }
  int wait() const {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
};

TEST_F(CommandsLogsTest, FollowingPrintsWhatComes) {
  Follower follower({"logs", "-f", "web"});
  EXPECT_EQ(follower.read_bytes(9), "w1\nw3\nw4\n");
  append(port_.rings["web"], "w5\n", 5'000'000'000);
  EXPECT_EQ(follower.read_bytes(3), "w5\n");
  follower.out.reset();  // `| head`: the reader leaves
  EXPECT_EQ(follower.wait(), 0);
}

}  // namespace
}  // namespace supervisor
