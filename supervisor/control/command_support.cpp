#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/clock.h"
#include "base/text.h"
#include "supervisor/config/runtime_directory.h"
#include "supervisor/control/command_line.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/control_server.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/programs.h"

namespace supervisor {

namespace {

std::string environment_value(const char* name) {
  const char* content = std::getenv(name);
  return content == nullptr ? "" : content;
}

/// How long the server may hold the answer, and some more for the way.
base::Result<std::uint64_t> find_answer_timeout_ms(const CommandOptions& options) {
  std::uint64_t wait_ms = ControlLimits{}.wait_ms;
  if (!options.timeout.empty()) {
    TRY_ASSIGN(const std::uint64_t ns, base::parse_duration_ns(options.timeout));
    wait_ms = std::min(ns / base::kNsPerMs, ControlLimits{}.wait_ms_max);
  }
  return wait_ms + Client::kTimeoutMs;
}

std::vector<std::string> make_transition_words(const CommandOptions& options) {
  std::vector<std::string> words{options.verb};
  words.insert(words.end(), options.names.begin(), options.names.end());
  if (options.verb == "scale") {
    words.push_back(fmt::format("{}", options.count));
  }
  if (options.no_wait) {
    words.emplace_back("--no-wait");
  }
  if (!options.timeout.empty()) {
    words.insert(words.end(), {"--timeout", options.timeout});
  }
  if (options.verb == "wait") {
    words.insert(words.end(), {"--for", options.wait_for});
  }
  return words;
}

}  // namespace

Client find_instance(const CommandOptions& options) {
  return Client(find_socket(options));
}

std::string find_socket(const CommandOptions& options) {
  if (!options.socket.empty()) {
    return options.socket;
  }
  if (std::string given = environment_value("BIRL_SOCKET"); !given.empty()) {
    return given;
  }
  RuntimeDirectoryRequest request;
  request.xdg_runtime_directory = environment_value("XDG_RUNTIME_DIR");
  request.uid = ::geteuid();
  return find_runtime_directory(request) + "/control.sock";
}

base::Result<Reply> ask_transition(const CommandOptions& options) {
  TRY_ASSIGN(const std::uint64_t timeout_ms, find_answer_timeout_ms(options));
  return find_instance(options).ask(make_transition_words(options), timeout_ms);
}

int run_transition(const CommandOptions& options) {
  const auto reply = ask_transition(options);
  if (!reply) {
    return report_error(reply.error());
  }
  if (options.json) {
    if (const auto printed = print_out(reply->text); !printed) {
      return report_error(printed.error());
    }
  }
  return kExitDone;
}

base::Result<void> print_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EPIPE) {
      return {};
    }
    if (written < 0 && errno != EINTR) {
      return base::fail_errno("cannot write to standard output");
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return {};
}

int become_role(std::string_view program, const std::string& role,
                std::span<const std::string> words) {
  if (!words.empty() && (words[0] == "--help" || words[0] == "-h")) {
    return print_help(role);
  }
  const auto binary = find_program(program);
  if (!binary) {
    fmt::print(stderr, "birl: {}\n", binary.error().message);
    return kExitFailed;
  }
  std::vector<std::string> arguments{std::string(program), role};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  ::execv(binary->c_str(), pointers.data());
  return report_error(base::fail_errno(fmt::format("cannot run {}", *binary)).value());
}

}  // namespace supervisor
