// Runs one process to its end and keeps all that is known of it. For tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "base/fd.h"
#include "supervisor/process/spawn.h"

namespace supervisor {

struct Finished {
  SpawnOutcome outcome;
  int status = 0;  // of waitpid
  std::string output;

  [[nodiscard]] int exit_code() const { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
};

inline std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t bytes = 0; (bytes = ::read(fd, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(bytes));
  }
  return text;
}

inline int wait_for(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

/// Waits for the report as the loop would, by its descriptor.
inline SpawnOutcome finish(Spawning& spawning) {
  for (;;) {
    if (std::optional<SpawnOutcome> outcome = spawning.try_finish()) {
      return *std::move(outcome);
    }
    pollfd ready{.fd = spawning.report_fd(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, -1);
  }
}

/// `request` with its standard output read to the end.
inline Finished run_process(Spawner& spawner, SpawnRequest request) {
  base::Pipe output = *base::make_pipe();
  request.fds.push_back({.source = output.write.get(), .target = 1});
  if (request.name.empty()) {
    request.name = "web";
  }
  base::Result<Spawning> spawning = spawner.begin(request);
  output.write.reset();
  Finished run;
  if (!spawning) {
    ADD_FAILURE() << spawning.error().message;
    return run;
  }
  run.outcome = finish(*spawning);
  run.output = read_to_end(output.read.get());
  run.status = wait_for(spawning->pid());
  return run;
}

inline Finished run_process(SpawnRequest request) {
  Spawner spawner(std::nullopt);
  return run_process(spawner, std::move(request));
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "birl-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  std::string write(const std::string& name, const std::string& text, unsigned mode = 0644) const {
    const std::string file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << text;
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    return file;
  }

 private:
  std::string path_;
};

}  // namespace supervisor
