#include "supervisor/process/environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/small_file.h"
#include "supervisor/process/environment_directory.h"

namespace supervisor {

namespace {

/// birl's own configuration, which may hold secrets of other services, its debug hooks, and what
/// birl itself was told to report to: a service has a socket of its own or none.
bool is_birls_own(std::string_view name) {
  return name == "NOTIFY_SOCKET" || name == "WATCHDOG_USEC" || name == "WATCHDOG_PID" ||
         name == "BIRL_SET" || name.starts_with("BIRL_SET_") || name.starts_with("BIRL_DEBUG_");
}

void add(Environment& environment, Environment&& later) {
  later.merge(environment);  // what is in both stays `later`'s
  environment = std::move(later);
}

Environment make_container_part(std::span<const std::string> container) {
  Environment environment;
  for (const std::string_view entry : container) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos && equals > 0 && !is_birls_own(entry.substr(0, equals))) {
      environment.insert_or_assign(std::string(entry.substr(0, equals)),
                                   std::string(entry.substr(equals + 1)));
    }
  }
  return environment;
}

base::Result<Environment> read_environment_file(std::string_view path) {
  const bool may_be_absent = path.starts_with('-');
  const std::string file(path.substr(may_be_absent ? 1 : 0));
  if (!may_be_absent) {
    TRY_ASSIGN(const std::string text,
               base::read_small_file(file, EnvironmentLimits::kFileBytesMax));
    return parse_environment_file(text, file);
  }
  TRY_ASSIGN(const std::optional<std::string> text,
             base::read_small_file_if_present(file, EnvironmentLimits::kFileBytesMax));
  return parse_environment_file(text ? *text : std::string_view(), file);
}

Environment make_account_part(const base::Account* account) {
  if (account == nullptr) {
    return {};
  }
  return {{"HOME", account->home},
          {"LOGNAME", account->name},
          {"SHELL", account->shell},
          {"USER", account->name}};
}

/// A secret's file mostly ends in a newline that is not part of it; one is taken off, as in
/// ${file:}.
base::Result<Environment> read_values(const std::map<std::string, std::string>& path_by_name) {
  Environment environment;
  for (const auto& [name, path] : path_by_name) {
    TRY_ASSIGN(std::string value, read_environment_value(path));
    if (value.ends_with('\n')) {
      value.pop_back();
    }
    environment[name] = std::move(value);
  }
  return environment;
}

}  // namespace

base::Result<std::string> read_environment_value(const std::string& path) {
  TRY_ASSIGN(std::string value, base::read_small_file(path, EnvironmentLimits::kValueBytesMax));
  if (value.find('\0') != std::string::npos) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot use {} as a variable: it contains a NUL byte", path));
  }
  return value;
}

base::Result<Environment> build_environment(const ServiceConfig& service,
                                            const EnvironmentSources& sources) {
  Environment environment;
  if (!service.clear_environment) {
    environment = make_container_part(sources.container);
    TRY_ASSIGN(Environment from_scripts, read_environment_directory(sources.directory));
    add(environment, std::move(from_scripts));
  }
  add(environment, make_account_part(sources.account));
  for (const std::string& path : service.environment_file) {
    TRY_ASSIGN(Environment from_file, read_environment_file(path));
    add(environment, std::move(from_file));
  }
  add(environment, Environment(service.environment.begin(), service.environment.end()));
  TRY_ASSIGN(Environment from_files, read_values(service.environment_from_file));
  add(environment, std::move(from_files));
  add(environment, {{"BIRL_SERVICE", service.name},
                    {"BIRL_INSTANCE", sources.instance},
                    {"BIRL_SOCKET", sources.socket}});
  return environment;
}

std::vector<std::string> environment_list(const Environment& environment) {
  std::vector<std::string> list;
  list.reserve(environment.size());
  for (const auto& [name, value] : environment) {
    list.push_back(fmt::format("{}={}", name, value));
  }
  return list;
}

std::vector<std::string> inherited_environment() {
  std::vector<std::string> list;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    list.emplace_back(*entry);
  }
  return list;
}

}  // namespace supervisor
