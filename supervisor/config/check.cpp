#include "supervisor/config/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/json_writer.h"
#include "supervisor/config/encode.h"
#include "supervisor/config/load.h"
#include "supervisor/config/role_arguments.h"
#include "supervisor/config/show.h"

namespace supervisor {
namespace {

constexpr int kUsageOrConfiguration = 2;

RoleOutput usage_error(const base::Error& error) {
  return {kUsageOrConfiguration, "", fmt::format("birl: {}\n", error.message)};
}

LoadRequest make_request(const RoleArguments& arguments, const Environment& environment) {
  LoadRequest request;
  request.config_paths = arguments.config_paths;
  request.command = arguments.command;
  request.hold = arguments.hold;
  request.environment = environment;
  return request;
}

std::string check_line(const Problem& problem, bool strict) {
  if (severity_name(problem.severity, strict) == "error") {
    return format_problem(problem) + "\n";
  }
  const std::string place = format_origin(problem.origin);
  return fmt::format("{}{}warning: {}\n", place, place.empty() ? "" : ": ", problem.message);
}

template <typename Items>
void write_names(base::JsonWriter& json, std::string_view key, const Items& items) {
  json.key(key).begin_array();
  for (const auto& [name, item] : items) {
    const auto type = enum_names(item.type)[static_cast<std::size_t>(item.type)];
    json.begin_object().field("name", name).field("type", type).end_object();
  }
  json.end_array();
}

std::string check_json(const LoadedConfig& loaded, bool strict) {
  base::JsonWriter json;
  json.begin_object().key("problems").begin_array();
  for (const Problem& problem : loaded.problems) {
    json.begin_object()
        .field("file", problem.origin.file)
        .field("line", problem.origin.line)
        .field("column", problem.origin.column)
        .field("message", problem.message)
        .field("severity", severity_name(problem.severity, strict))
        .end_object();
  }
  json.end_array();
  write_names(json, "services", loaded.config.services);
  write_names(json, "sinks", loaded.config.sinks);
  json.end_object();
  return json.text() + "\n";
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) {
      return;  // nobody reads what we say
    }
    text.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
}

int print(const RoleOutput& output) {
  write_all(STDOUT_FILENO, output.out);
  write_all(STDERR_FILENO, output.errors);
  return output.exit_code;
}

}  // namespace

RoleOutput run_check(std::span<const std::string> arguments, const Environment& environment) {
  const auto parsed = parse_role_arguments(Role::kCheck, arguments);
  if (!parsed) {
    return usage_error(parsed.error());
  }
  LoadRequest request = make_request(*parsed, environment);
  request.check_paths = true;
  const LoadedConfig loaded = load_config(request);
  RoleOutput output;
  output.exit_code = loaded.failed(parsed->strict) ? kUsageOrConfiguration : 0;
  if (parsed->json) {
    output.out = check_json(loaded, parsed->strict);
    return output;
  }
  for (const Problem& problem : loaded.problems) {
    output.errors += check_line(problem, parsed->strict);
  }
  if (parsed->show) {
    output.out = show_config(loaded.merged);
  } else if (output.exit_code == 0) {
    output.out = fmt::format("the configuration is fine: services: {}, sinks: {}, read: {}\n",
                             loaded.config.services.size(), loaded.config.sinks.size(),
                             fmt::join(loaded.sources, " "));
  }
  return output;
}

RoleOutput run_load(std::span<const std::string> arguments, const Environment& environment,
                    int memory_fd) {
  const auto parsed = parse_role_arguments(Role::kLoad, arguments);
  if (!parsed) {
    return usage_error(parsed.error());
  }
  LoadRequest request = make_request(*parsed, environment);
  request.needs_service = true;
  const LoadedConfig loaded = load_config(request);
  RoleOutput output;
  for (const Problem& problem : loaded.problems) {
    const bool is_error = severity_name(problem.severity, true) == "error";
    output.errors += fmt::format("{}{}\n", is_error ? "" : "birl: ", format_problem(problem));
  }
  if (loaded.failed(true)) {
    output.exit_code = kUsageOrConfiguration;
    return output;
  }
  if (const auto written = write_config(memory_fd, loaded.config); !written) {
    output.exit_code = kUsageOrConfiguration;
    output.errors += fmt::format("birl: {}\n", written.error().message);
  }
  return output;
}

int check_main(std::span<const std::string> arguments, const Environment& environment) {
  return print(run_check(arguments, environment));
}

int load_main(std::span<const std::string> arguments, const Environment& environment) {
  return print(run_load(arguments, environment, kLoadMemoryFd));
}

}  // namespace supervisor
