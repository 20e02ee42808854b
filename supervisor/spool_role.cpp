#include "supervisor/spool_role.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "supervisor/config/load.h"
#include "supervisor/config/routes.h"
#include "supervisor/control/client.h"
#include "supervisor/control/reply.h"

namespace supervisor {

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kNoSuchSink = 3;

struct Arguments {
  std::string action;
  std::string sink;
  bool dead = false;
  bool json = false;
  std::string socket;
  std::vector<std::string> config_paths;
};

Arguments read_arguments(std::span<const std::string> words) {
  Arguments arguments;
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string& word = words[index];
    const bool has_value = (word == "--socket" || word == "-c") && index + 1 < words.size();
    if (word == "--dead") {
      arguments.dead = true;
    } else if (word == "--json") {
      arguments.json = true;
    } else if (has_value) {
      ++index;
      word == "-c" ? arguments.config_paths.push_back(words[index])
                   : void(arguments.socket = words[index]);
    } else if (arguments.action.empty()) {
      arguments.action = word;
    } else {
      arguments.sink = word;
    }
  }
  return arguments;
}

base::Result<SpoolDirectories> ask_instance(const std::string& socket) {
  const std::vector<std::string> words{"status"};
  TRY_ASSIGN(const Reply reply, Client(socket).ask(words));
  TRY_ASSIGN(const StatusReport report, parse_status(reply.text));
  SpoolDirectories directories;
  for (const SinkStatus& sink : report.sinks) {
    directories[sink.name] = sink.spool;
  }
  return directories;
}

base::Result<SpoolDirectories> read_configuration(const Arguments& arguments,
                                                  const Environment& environment) {
  LoadRequest request;
  request.config_paths = arguments.config_paths;
  request.environment = environment;
  const LoadedConfig loaded = load_config(request);
  if (loaded.failed(false)) {
    return base::fail(base::ErrorCode::kInvalid,
                      "cannot read the configuration; birl check says what is wrong");
  }
  SpoolDirectories directories;
  for (const auto& [name, sink] : loaded.config.sinks) {
    directories[name] = spool_directories(sink, loaded.config.birl.state_directory,
                                          loaded.config.birl.runtime_directory);
  }
  return directories;
}

base::Result<SpoolDirectories> find_directories(const Arguments& arguments,
                                                const Environment& environment) {
  auto asked = arguments.config_paths.empty() ? ask_instance(arguments.socket)
                                              : read_configuration(arguments, environment);
  if (!asked && asked.error().code == base::ErrorCode::kNotFound) {
    return read_configuration(arguments, environment);
  }
  return asked;
}

RoleOutput failure(int exit_code, const std::string& message) {
  return {exit_code, "", fmt::format("birl: {}\n", message)};
}

}  // namespace

RoleOutput run_spool(std::span<const std::string> words, const Environment& environment,
                     const SpoolReader& reader) {
  const Arguments arguments = read_arguments(words);
  if (arguments.action != "ls" && arguments.sink.empty()) {
    return failure(kUsage,
                   fmt::format("cannot {} a spool without the name of its sink", arguments.action));
  }
  auto directories = find_directories(arguments, environment);
  if (!directories) {
    const bool is_config = directories.error().code == base::ErrorCode::kInvalid;
    return failure(is_config ? kUsage : kFailed, directories.error().message);
  }
  if (!arguments.sink.empty()) {
    const auto found = directories->find(arguments.sink);
    if (found == directories->end() || found->second.empty()) {
      return failure(kNoSuchSink,
                     fmt::format("cannot find a sink {} with a spool", arguments.sink));
    }
    *directories = {{found->first, found->second}};
  }
  const SpoolQuery query{.dead = arguments.dead, .json = arguments.json};
  const auto text = arguments.action == "ls" ? reader.list(*directories, query)
                                             : reader.show(directories->begin()->second, query);
  return text ? RoleOutput{0, *text, ""} : failure(kFailed, text.error().message);
}

int spool_main(std::span<const std::string> words, const Environment& environment,
               const SpoolReader& reader) {
  const RoleOutput output = run_spool(words, environment, reader);
  std::fwrite(output.out.data(), 1, output.out.size(), stdout);
  std::fwrite(output.errors.data(), 1, output.errors.size(), stderr);
  return output.exit_code;
}

}  // namespace supervisor
