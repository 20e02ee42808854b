// The commands: one function a verb, each in cmd_<verb>.cpp, and what they are given.
//
// A command prints its result on standard output, errors on standard error, and returns the exit
// code. Threads: the only one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/control/client.h"
#include "supervisor/init.h"

namespace supervisor {

/// What was written behind the verb; a command reads the members that its options set.
struct CommandOptions {
  std::string verb;
  std::string socket;  // --socket; empty: find it
  bool json = false;
  std::vector<std::string> names;
  bool watch = false;              // status
  bool no_wait = false;            // start, stop, restart, reload
  std::string timeout;             // start, stop, restart, scale, wait, probe; empty: the default
  std::uint32_t count = 0;         // scale
  std::string wait_for = "ready";  // wait
  std::string signal;              // signal
  bool group = false;              // signal
  bool follow = false;             // logs, events
  std::optional<std::uint64_t> after;      // events: of --since
  std::optional<std::uint64_t> lines;      // logs
  bool timestamps = false;                 // logs
  std::string stream;                      // logs: "stdout", "stderr"; empty: both
  std::string since;                       // logs
  std::string until;                       // logs
  std::string grep;                        // logs
  std::optional<std::uint32_t> exit_code;  // shutdown
  bool live = false;                       // healthy
  std::string file = "birl.toml";          // new
  std::string action;                      // spool: "ls", "show", "replay", "drop"
  bool dead = false;                       // spool: the dead letters
  std::vector<std::string> config_paths;   // spool: of an instance that does not run
  std::string probe_kind;                  // probe: "http", "tcp", "file"
};

int cmd_run(std::span<const std::string> words);    // words behind `run`
int cmd_check(std::span<const std::string> words);  // words behind `check`
int cmd_test(std::span<const std::string> words);   // words behind `test`
int cmd_new(const CommandOptions& options);
int cmd_status(const CommandOptions& options);
int cmd_explain(const CommandOptions& options);
int cmd_events(const CommandOptions& options);
int cmd_trace(const CommandOptions& options);
int cmd_completion(const CommandOptions& options);
int cmd_man(const CommandOptions& options);
int cmd_start(const CommandOptions& options);
int cmd_stop(const CommandOptions& options);
int cmd_restart(const CommandOptions& options);
int cmd_reload(const CommandOptions& options);
int cmd_wait(const CommandOptions& options);
int cmd_scale(const CommandOptions& options);
int cmd_signal(const CommandOptions& options);
int cmd_rotate(const CommandOptions& options);
int cmd_tap(const CommandOptions& options);
int cmd_spool(const CommandOptions& options);
int cmd_logs(const CommandOptions& options);
int cmd_shutdown(const CommandOptions& options);
int cmd_upgrade(const CommandOptions& options);
int cmd_healthy(const CommandOptions& options);
int cmd_probe(const CommandOptions& options);
int cmd_vendors(const CommandOptions& options);
int cmd_version(const CommandOptions& options);

/// `[-c FILE-OR-DIRECTORY]... [--hold] [--] [CMD...]`. Pure.
[[nodiscard]] base::Result<RunOptions> parse_run_options(std::span<const std::string> words);

// What the commands share (command_support.cpp).

/// `program` (programs.h) becomes this process in that role; `--help` is answered here. Returns
/// only when it cannot.
int become_role(std::string_view program, const std::string& role,
                std::span<const std::string> words);

/// The instance that --socket, BIRL_SOCKET or the runtime directories name.
[[nodiscard]] std::string find_socket(const CommandOptions& options);
[[nodiscard]] Client find_instance(const CommandOptions& options);

/// start, stop, restart, reload and wait: asks, and waits as long as is wanted.
[[nodiscard]] base::Result<Reply> ask_transition(const CommandOptions& options);
/// The same, and says what came of it.
int run_transition(const CommandOptions& options);

/// Prints the whole of `text` on standard output. A closed pipe is no error; kFailed: a full disk.
[[nodiscard]] base::Result<void> print_out(std::string_view text);

}  // namespace supervisor
