// One running birl under test: the real binary with a directory, a configuration and a console of
// its own, spoken to through its command line and its control socket.
//
//     Instance birl({.config = R"(
//     [service.app]
//     command = ["@ACTOR@", "exit", "7"]
//     primary = true
//     )"});
//     EXPECT_EQ(birl.wait_exit(), 7);
//
// In `config`, @DIR@ is the instance's directory and @ACTOR@, @LOGGEN@ are those programs. A second
// file before it sets `[birl] runtime_directory`, so that a test may add keys to [birl].
//
// Invariant: when the object is gone, so is every process that came from it: a namespace dies with
// its init; otherwise the test program is a subreaper and kills what birl left behind. On a failed
// test the destructor prints what birl wrote. Threads: call from the only thread.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "tests/support/eventually.h"
#include "tests/support/files.h"
#include "tests/support/launch.h"

namespace support {

using Json = nlohmann::json;

/// A member that is a string; "" when it is null or not there.
[[nodiscard]] std::string text_in(const Json& object, std::string_view key);

enum class Console {
  kFiles,  // read at once, into stdout_text() and stderr_text()
  kStuck,  // nobody reads stdout until read_console() is called
  kDeaf,   // nobody ever reads stdout, which is stderr too
};

enum class RuntimeDirectory {
  kOwn,      // @DIR@/run
  kDefault,  // what birl chooses
};

struct InstanceOptions {
  std::string config{};                    // birl.toml; empty: no file of ours
  std::vector<std::string> command{};      // after `--`
  std::vector<std::string> arguments{};    // all of argv behind argv[0], instead of `run ...`
  std::string program{};                   // instead of birl's path (a link, say)
  std::vector<std::string> environment{};  // NAME=value, beside clean_environment()
  World world = World::kPlain;
  std::optional<uid_t> uid{};
  Console console = Console::kFiles;
  RuntimeDirectory runtime_directory = RuntimeDirectory::kOwn;
  std::string input{};  // birl's stdin
};

class Instance {
 public:
  explicit Instance(InstanceOptions options);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const TempDirectory& directory() const { return directory_; }
  [[nodiscard]] std::string expand(std::string_view text) const;  // @DIR@ and the others

  /// Another birl.toml, for a reload. The instance must have been started with one.
  void write_config(std::string_view text) const;

  // Ends.
  [[nodiscard]] bool alive();
  [[nodiscard]] std::optional<int> wait_exit(std::chrono::milliseconds patience = kPatience);
  std::optional<int> stop();  // TERM, then wait_exit
  void signal(int number) const;

  // The console. Complete once birl has ended and wait_exit() has returned.
  [[nodiscard]] std::string stdout_text() const;
  [[nodiscard]] std::string stderr_text() const;
  void read_console();   // a stuck console begins to be read
  void close_console();  // nobody will ever read it

  // Control.
  [[nodiscard]] std::string socket_path() const;
  void use_socket(std::string path) { socket_ = std::move(path); }
  [[nodiscard]] CommandResult cli(std::vector<std::string> words) const;
  [[nodiscard]] pid_t begin_cli(std::vector<std::string> words, int stdout_fd) const;
  [[nodiscard]] std::optional<std::string> request(std::string_view line) const;

  // Status, as from the control socket; null or nullopt while there is none.
  [[nodiscard]] Json status() const;
  [[nodiscard]] Json service(std::string_view name) const;
  [[nodiscard]] Json sink(std::string_view name) const;
  [[nodiscard]] std::string state(std::string_view service_name) const;
  [[nodiscard]] std::optional<pid_t> service_pid(std::string_view name) const;  // in our namespace
  [[nodiscard]] std::optional<pid_t> router_pid() const;                        // in our namespace
  [[nodiscard]] bool wait_state(std::string_view service_name, std::string_view wanted,
                                std::chrono::milliseconds patience = kPatience) const;

 private:
  [[nodiscard]] std::vector<std::string> make_arguments() const;
  [[nodiscard]] std::optional<pid_t> outer_pid(pid_t inner) const;
  void start();
  void end_everything();

  InstanceOptions options_;
  TempDirectory directory_;
  std::string socket_;
  pid_t pid_ = -1;
  std::optional<int> exit_;
  pid_t pump_ = -1;  // the process that reads the console
  base::Fd stuck_stdout_;
};

}  // namespace support
