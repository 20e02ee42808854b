#include "supervisor/process/spawn.h"

#include <sys/stat.h>

#include "supervisor/process/spawn_plan.h"
#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::HasSubstr;

TEST(SpawnTest, RunsAProgramToItsEnd) {
  const Finished run = run_process({.argv = {"/bin/echo", "hello", "two words"}});
  EXPECT_TRUE(run.outcome.started);
  EXPECT_EQ(run.exit_code(), 0);
  EXPECT_EQ(run.output, "hello two words\n");
}

TEST(SpawnTest, GivesExactlyTheEnvironmentAskedFor) {
  const Finished run = run_process({.argv = {"/usr/bin/env"}, .environment = {"A=1", "B=x=y z"}});
  EXPECT_EQ(run.output, "A=1\nB=x=y z\n");
}

TEST(SpawnTest, AMissingFileIsToldWithItsPathAndIs127) {
  const Finished run = run_process({.name = "nginx", .argv = {"/usr/sbin/no-such-nginx"}});
  EXPECT_FALSE(run.outcome.started);
  EXPECT_EQ(run.outcome.exit_code, 127);
  EXPECT_EQ(run.exit_code(), 127);
  EXPECT_EQ(run.outcome.error.sys_errno, ENOENT);
  EXPECT_EQ(run.outcome.error.code, base::ErrorCode::kNotFound);
  EXPECT_EQ(run.outcome.error.message, "cannot start nginx: /usr/sbin/no-such-nginx: no such file");
}

TEST(SpawnTest, ADirectoryIsNoCommand) {
  const Finished run = run_process({.argv = {"/etc"}});
  EXPECT_EQ(run.outcome.exit_code, 126);
  EXPECT_EQ(run.outcome.error.message, "cannot start web: /etc: is a directory");
}

TEST(SpawnTest, AFileWithoutTheExecuteBitIs126) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("tool", "#!/bin/sh\n", 0644);
  const Finished run = run_process({.argv = {file}});
  EXPECT_EQ(run.outcome.exit_code, 126);
  EXPECT_EQ(run.exit_code(), 126);
  EXPECT_EQ(run.outcome.error.sys_errno, EACCES);
  EXPECT_THAT(run.outcome.error.message, HasSubstr(file + ": permission denied"));
}

TEST(SpawnTest, AScriptWithoutAFirstLineRunsUnderTheShell) {
  const TemporaryDirectory directory;
  const std::string script = directory.write("script", "echo \"$0 got $1\"\n", 0755);
  const Finished run = run_process({.argv = {script, "an argument"}});
  EXPECT_TRUE(run.outcome.started);
  EXPECT_EQ(run.output, script + " got an argument\n");
}

TEST(SpawnTest, AMissingInterpreterIsNotTakenForAMissingFile) {
  const TemporaryDirectory directory;
  const std::string script = directory.write("script", "#!/no/such/interpreter\n", 0755);
  const Finished run = run_process({.argv = {script}});
  EXPECT_EQ(run.outcome.exit_code, 127);
  EXPECT_THAT(run.outcome.error.message, HasSubstr(script + ": the file exists, but"));
}

TEST(SpawnTest, LooksInThePathOfTheServiceItself) {
  const TemporaryDirectory directory;
  directory.write("my-tool", "#!/bin/sh\necho found\n", 0755);
  const std::string path = "PATH=/no/such/place:" + directory.path() + ":/bin";
  const Finished run = run_process({.argv = {"my-tool"}, .environment = {path}});
  EXPECT_EQ(run.output, "found\n");
}

TEST(SpawnTest, GoesOnInThePathBehindAFileThatCannotBeExecuted) {
  const TemporaryDirectory locked;
  const TemporaryDirectory good;
  locked.write("my-tool", "#!/bin/sh\necho wrong\n", 0644);
  good.write("my-tool", "#!/bin/sh\necho right\n", 0755);
  const std::string path = "PATH=" + locked.path() + ":" + good.path();
  EXPECT_EQ(run_process({.argv = {"my-tool"}, .environment = {path}}).output, "right\n");
}

TEST(SpawnTest, RemembersTheFileInThePathThatCouldNotBeExecuted) {
  const TemporaryDirectory locked;
  const std::string file = locked.write("my-tool", "#!/bin/sh\n", 0644);
  const std::string path = "PATH=/no/such/place:" + locked.path() + ":/no/such/other";
  const Finished run = run_process({.argv = {"my-tool"}, .environment = {path}});
  EXPECT_EQ(run.outcome.exit_code, 126);
  EXPECT_THAT(run.outcome.error.message, HasSubstr(file + ": permission denied"));
}

TEST(SpawnTest, ANameThatIsNowhereInThePathTellsThePath) {
  const Finished run = run_process({.argv = {"no-such"}, .environment = {"PATH=/bin:/usr/bin"}});
  EXPECT_EQ(run.outcome.exit_code, 127);
  EXPECT_EQ(run.outcome.error.message, "cannot start web: no no-such in PATH (/bin:/usr/bin)");
}

TEST(SpawnTest, AnEmptyPlaceInThePathIsTheWorkingDirectory) {
  const std::vector<std::string> expected{"/a/tool", "tool", "/b/tool"};
  EXPECT_EQ(make_candidates("tool", "/a::/b"), expected);
  EXPECT_EQ(make_candidates("./tool", "/a"), std::vector<std::string>{"./tool"});
}

TEST(SpawnTest, AnExecutableDescriptorRunsAlsoWhenItsNumberIsATarget) {
  const base::Fd echo(::open("/bin/echo", O_RDONLY | O_CLOEXEC));
  const base::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Finished run = run_process({.argv = {"anything", "by", "descriptor"},
                                    .executable = echo.get(),
                                    .fds = {{.source = null.get(), .target = echo.get()}}});
  EXPECT_TRUE(run.outcome.started) << run.outcome.error.message;
  EXPECT_EQ(run.output, "by descriptor\n");
}

TEST(SpawnTest, TooLongArgumentsAreAFailedStart) {
  const Finished run = run_process({.argv = {"/bin/echo", std::string(3U << 20U, 'x')}});
  EXPECT_EQ(run.outcome.exit_code, 126);
  EXPECT_EQ(run.outcome.error.message,
            "cannot start web: /bin/echo: arguments and environment are too long");
}

TEST(SpawnTest, ManyStartsAtOnceKeepTheirOwnData) {
  constexpr std::size_t kCount = 100;
  Spawner spawner(std::nullopt);
  std::vector<base::Pipe> outputs;
  std::vector<Spawning> spawnings;
  for (std::size_t i = 0; i < kCount; ++i) {
    outputs.push_back(*base::make_pipe());
    spawnings.push_back(*spawner.begin({.name = "many",
                                        .argv = {"/bin/echo", std::to_string(i)},
                                        .fds = {{.source = outputs[i].write.get(), .target = 1}}}));
    outputs[i].write.reset();
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    EXPECT_TRUE(finish(spawnings[i]).started);
    EXPECT_EQ(read_to_end(outputs[i].read.get()), std::to_string(i) + "\n");
    wait_for(spawnings[i].pid());
  }
}

TEST(SpawnTest, TheOutcomeIsThereOnceTheChildWasReaped) {
  Spawner spawner(std::nullopt);
  Spawning spawning = *spawner.begin({.name = "web", .argv = {"/no/such/file"}});
  wait_for(spawning.pid());
  const std::optional<SpawnOutcome> outcome = spawning.try_finish();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 127);
}

}  // namespace
}  // namespace supervisor
