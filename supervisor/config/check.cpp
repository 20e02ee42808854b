#include "supervisor/config/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/json_writer.h"
#include "supervisor/config/encode.h"
#include "supervisor/config/load.h"
#include "supervisor/config/role_arguments.h"
#include "supervisor/config/show.h"
#include "supervisor/config/test_run.h"

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

std::string test_json(const std::vector<TestOutcome>& outcomes) {
  base::JsonWriter json;
  json.begin_object().key("tests").begin_array();
  for (const TestOutcome& outcome : outcomes) {
    json.begin_object()
        .field("name", outcome.name)
        .field("passed", outcome.failure.empty())
        .field("failure", outcome.failure)
        .end_object();
  }
  json.end_array().end_object();
  return json.text() + "\n";
}

std::string test_lines(const std::vector<TestOutcome>& outcomes, std::size_t failed) {
  std::string out;
  for (const TestOutcome& outcome : outcomes) {
    out += fmt::format("{} {}{}\n", outcome.failure.empty() ? "ok    " : "FAILED", outcome.name,
                       outcome.failure);
  }
  return out + fmt::format("{} of {} tests passed\n", outcomes.size() - failed, outcomes.size());
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

RoleOutput show_line(const Config& config, const RoleArguments& arguments) {
  constexpr int kNoSuchService = 3;
  auto trace = trace_line(config, arguments.line_service, arguments.line_text);
  if (!trace) {
    return {kNoSuchService, "", fmt::format("birl: {}\n", trace.error().message)};
  }
  return {0, *std::move(trace), ""};
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
  } else if (!parsed->line_service.empty() && output.exit_code == 0) {
    return show_line(loaded.config, *parsed);
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

RoleOutput run_test_role(std::span<const std::string> arguments, const Environment& environment) {
  constexpr int kFailed = 1;
  const auto parsed = parse_role_arguments(Role::kTest, arguments);
  if (!parsed) {
    return usage_error(parsed.error());
  }
  const LoadedConfig loaded = load_config(make_request(*parsed, environment));
  RoleOutput output;
  for (const Problem& problem : loaded.problems) {
    output.errors += check_line(problem, false);
  }
  if (loaded.failed(false)) {
    output.exit_code = kUsageOrConfiguration;
    return output;
  }
  const std::vector<TestOutcome> outcomes = run_tests(loaded.config);
  const auto failed = static_cast<std::size_t>(std::ranges::count_if(
      outcomes, [](const TestOutcome& outcome) { return !outcome.failure.empty(); }));
  output.exit_code = failed > 0 ? kFailed : 0;
  output.out = parsed->json ? test_json(outcomes) : test_lines(outcomes, failed);
  return output;
}

int test_main(std::span<const std::string> arguments, const Environment& environment) {
  return print(run_test_role(arguments, environment));
}

int check_main(std::span<const std::string> arguments, const Environment& environment) {
  return print(run_check(arguments, environment));
}

int load_main(std::span<const std::string> arguments, const Environment& environment) {
  return print(run_load(arguments, environment, kLoadMemoryFd));
}

}  // namespace supervisor
