#include "tests/support/instance.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <map>

#include "tests/support/console_pump.h"
#include "tests/support/control_client.h"
#include "tests/support/paths.h"
#include "tests/support/proc.h"
#include "tests/support/require.h"

namespace support {

namespace {

constexpr std::size_t kShownBytesMax = 4000;

std::string last_part(const std::string& text) {
  return text.size() <= kShownBytesMax ? text : "..." + text.substr(text.size() - kShownBytesMax);
}

Json entry_named(const Json& list, std::string_view name) {
  if (list.is_array()) {
    for (const Json& entry : list) {
      if (entry.value("name", "") == name) {
        return entry;
      }
    }
  }
  return nullptr;
}

std::optional<pid_t> pid_in(const Json& object) {
  if (!object.is_object() || !object.contains("pid") || !object["pid"].is_number_integer() ||
      object["pid"].get<pid_t>() <= 0) {
    return std::nullopt;
  }
  return object["pid"].get<pid_t>();
}

void kill_children() {
  for (const ProcessInfo& process : all_processes()) {
    if (process.parent == ::getpid()) {
      ::kill(process.pid, SIGKILL);
    }
  }
}

/// Kills and reaps all our children: what birl leaves behind becomes ours.
void kill_strays() {
  static_cast<void>(eventually(
      [] {
        pid_t reaped = 0;
        while ((reaped = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
        }
        const bool none_left = reaped < 0;
        if (!none_left) {
          kill_children();
        }
        return none_left;
      },
      10s));
}

}  // namespace

std::string text_in(const Json& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Instance::Instance(InstanceOptions options) : options_(std::move(options)) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  socket_ = directory_ / "run/control.sock";
  if (options_.uid) {
    directory_.give_to(*options_.uid);
  }
  start();
}

Instance::~Instance() {
  if (testing::Test::HasFailure()) {
    std::cerr << "---- birl's stderr (" << directory_.path() << ")\n"
              << last_part(stderr_text()) << "---- birl's status\n"
              << last_part(status().dump(1)) << "\n----\n";
  }
  end_everything();
}

std::string Instance::expand(std::string_view text) const {
  const std::map<std::string, std::string> values{{"@DIR@", directory_.path()},
                                                  {"@ACTOR@", actor_path()},
                                                  {"@LOGGEN@", loggen_path()},
                                                  {"@LOGCHECK@", logcheck_path()}};
  std::string result(text);
  for (const auto& [name, value] : values) {
    for (std::size_t at = 0; (at = result.find(name, at)) != result.npos; at += value.size()) {
      result.replace(at, name.size(), value);
    }
  }
  return result;
}

void Instance::write_config(std::string_view text) const {
  write_text(directory_ / "birl.toml", expand(text));
}

std::vector<std::string> Instance::make_arguments() const {
  std::vector<std::string> arguments{options_.program.empty() ? "birl" : options_.program};
  const auto add = [&](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      arguments.push_back(expand(word));
    }
  };
  if (!options_.arguments.empty()) {
    add(options_.arguments);
    return arguments;
  }
  add({"run"});
  if (options_.runtime_directory == RuntimeDirectory::kOwn) {
    write_text(directory_ / "base.toml", expand("[birl]\nruntime_directory = \"@DIR@/run\"\n"));
    add({"-c", "@DIR@/base.toml"});
  }
  if (!options_.config.empty()) {
    write_config(options_.config);
    add({"-c", "@DIR@/birl.toml"});
  }
  if (!options_.command.empty()) {
    add({"--"});
    add(options_.command);
  }
  return arguments;
}

void Instance::start() {
  base::Pipe out = *base::make_pipe();
  base::Pipe err = *base::make_pipe();
  base::Pipe in = *base::make_pipe();
  require(::write(in.write.get(), options_.input.data(), options_.input.size()) ==
              static_cast<ssize_t>(options_.input.size()),
          "write birl's stdin");
  in.write.reset();
  LaunchSpec spec{
      .program = options_.program.empty() ? birl_path() : expand(options_.program),
      .argv = make_arguments(),
      .environment = clean_environment(),
      .directory = directory_.path(),
      .world = options_.world,
      .uid = options_.uid,
      .stdin_fd = in.read.get(),
      .stdout_fd = out.write.get(),
      .stderr_fd = options_.console == Console::kDeaf ? out.write.get() : err.write.get()};
  for (const std::string& variable : options_.environment) {
    spec.environment.push_back(expand(variable));
  }
  pid_ = launch(spec);
  out.write.reset();
  err.write.reset();
  std::vector<PumpedPipe> pipes{{err.read.get(), directory_ / "stderr"}};
  if (options_.console == Console::kFiles) {
    pipes.push_back({out.read.get(), directory_ / "stdout"});
  } else {
    stuck_stdout_ = std::move(out.read);
  }
  pump_ = start_console_pump(pipes);
}

void Instance::read_console() {
  const pid_t pump = start_console_pump({{stuck_stdout_.get(), directory_ / "stdout"}});
  stuck_stdout_.reset();
  // The first pump only had stderr; nobody needs its end.
  ::waitpid(pump_, nullptr, WNOHANG);
  pump_ = pump;
}

void Instance::close_console() {
  stuck_stdout_.reset();
}

bool Instance::alive() {
  return !wait_exit(0ms).has_value();
}

std::optional<int> Instance::wait_exit(std::chrono::milliseconds patience) {
  if (!exit_) {
    exit_ = support::wait_exit(pid_, patience);
    if (exit_ && pump_ > 0 && !stuck_stdout_.valid()) {
      if (support::wait_exit(pump_, 5s)) {
        pump_ = -1;
      }
    }
  }
  return exit_;
}

std::optional<int> Instance::stop() {
  signal(SIGTERM);
  return wait_exit();
}

void Instance::signal(int number) const {
  ::kill(pid_, number);
}

void Instance::end_everything() {
  if (!exit_) {
    ::kill(pid_, SIGKILL);
    static_cast<void>(support::wait_exit(pid_, kPatience));
  }
  kill_strays();
}

std::string Instance::stdout_text() const {
  return read_text(directory_ / "stdout");
}

std::string Instance::stderr_text() const {
  return read_text(directory_ / "stderr");
}

std::string Instance::socket_path() const {
  return socket_;
}

CommandResult Instance::cli(std::vector<std::string> words) const {
  words.insert(words.begin(), {"birl", "--socket", socket_path()});
  return run_command({.program = birl_path(), .argv = std::move(words)});
}

pid_t Instance::begin_cli(std::vector<std::string> words, int stdout_fd) const {
  words.insert(words.begin(), {"birl", "--socket", socket_path()});
  return launch({.program = birl_path(),
                 .argv = std::move(words),
                 .environment = clean_environment(),
                 .stdout_fd = stdout_fd,
                 .stderr_fd = 2});
}

std::optional<std::string> Instance::request(std::string_view line) const {
  return ask_socket(socket_path(), std::string(line) + "\n");
}

Json Instance::status() const {
  const auto answer = request("status");
  return answer ? Json::parse(*answer, nullptr, false) : Json(nullptr);
}

Json Instance::service(std::string_view name) const {
  const Json all = status();
  return all.is_object() ? entry_named(all["services"], name) : Json(nullptr);
}

Json Instance::sink(std::string_view name) const {
  const Json all = status();
  return all.is_object() ? entry_named(all["sinks"], name) : Json(nullptr);
}

std::string Instance::state(std::string_view service_name) const {
  return text_in(service(service_name), "state");
}

std::optional<pid_t> Instance::service_pid(std::string_view name) const {
  const auto inner = pid_in(service(name));
  return inner ? outer_pid(*inner) : std::nullopt;
}

std::optional<pid_t> Instance::router_pid() const {
  const Json all = status();
  const auto inner = all.is_object() ? pid_in(all["router"]) : std::nullopt;
  return inner ? outer_pid(*inner) : std::nullopt;
}

std::optional<pid_t> Instance::outer_pid(pid_t inner) const {
  if (options_.world == World::kPlain) {
    return inner;
  }
  for (const ProcessInfo& process : descendants(pid_)) {
    if (process.inner_pid == inner) {
      return process.pid;
    }
  }
  return std::nullopt;
}

bool Instance::wait_state(std::string_view service_name, std::string_view wanted,
                          std::chrono::milliseconds patience) const {
  return eventually([&] { return state(service_name) == wanted; }, patience);
}

}  // namespace support
