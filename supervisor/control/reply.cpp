#include "supervisor/control/reply.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "supervisor/control/log_filter.h"
#include "supervisor/control/protocol.h"

namespace supervisor {

namespace {

using Json = nlohmann::json;

base::Unexpected damaged() {
  return base::fail(base::ErrorCode::kDamaged,
                    "cannot read the answer: birl closed the connection or answered no JSON");
}

base::Result<Json> parse_object(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return damaged();
  }
  return json;
}

const Json* find(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

void read(const Json& object, const char* name, std::string& out) {
  if (const Json* member = find(object, name); member != nullptr && member->is_string()) {
    out = member->get<std::string>();
  }
}

void read(const Json& object, const char* name, bool& out) {
  if (const Json* member = find(object, name); member != nullptr && member->is_boolean()) {
    out = member->get<bool>();
  }
}

template <typename T>
requires std::is_arithmetic_v<T>
void read(const Json& object, const char* name, T& out) {
  if (const Json* member = find(object, name); member != nullptr && member->is_number()) {
    out = member->get<T>();
  }
}

template <typename T>
void read(const Json& object, const char* name, std::optional<T>& out) {
  if (find(object, name) != nullptr) {
    read(object, name, out.emplace());
  }
}

std::optional<std::uint64_t> read_time(const Json& object, const char* name) {
  std::string text;
  read(object, name, text);
  return parse_calendar(text);
}

StreamStatus read_stream(const Json& object, const char* name) {
  StreamStatus stream;
  if (const Json* member = find(object, name)) {
    read(*member, "lines", stream.lines);
    read(*member, "bytes", stream.bytes);
  }
  return stream;
}

template <typename F>
void for_each(const Json& object, const char* name, F use) {
  if (const Json* list = find(object, name); list != nullptr && list->is_array()) {
    for (const Json& item : *list) {
      use(item);
    }
  }
}

std::vector<std::string> read_strings(const Json& object, const char* name) {
  std::vector<std::string> strings;
  for_each(object, name, [&](const Json& item) {
    strings.push_back(item.is_string() ? item.get<std::string>() : std::string());
  });
  return strings;
}

ServiceStatus read_service(const Json& json) {
  ServiceStatus service;
  read(json, "name", service.name);
  read(json, "type", service.type);
  read(json, "state", service.state);
  read(json, "ready", service.ready);
  read(json, "healthy", service.healthy);
  read(json, "primary", service.primary);
  read(json, "start_at_boot", service.start_at_boot);
  read(json, "pid", service.pid);
  service.since_ns = read_time(json, "since");
  read(json, "restarts", service.restarts);
  read(json, "exit_code", service.exit_code);
  read(json, "signal", service.signal);
  service.next_run_ns = read_time(json, "next_run");
  read(json, "skipped_runs", service.skipped_runs);
  read(json, "missed_runs", service.missed_runs);
  read(json, "memory_bytes", service.memory_bytes);
  read(json, "cpu_s", service.cpu_s);
  read(json, "blocked_s", service.blocked_s);
  read(json, "reason", service.reason);
  read(json, "status", service.said);
  service.listen = read_strings(json, "listen");
  if (const Json* streams = find(json, "streams")) {
    service.out = read_stream(*streams, "stdout");
    service.err = read_stream(*streams, "stderr");
  }
  return service;
}

SinkStatus read_sink(const Json& json) {
  SinkStatus sink;
  read(json, "name", sink.name);
  read(json, "type", sink.type);
  read(json, "state", sink.state);
  read(json, "received", sink.received);
  read(json, "delivered", sink.delivered);
  read(json, "buffered", sink.buffered);
  read(json, "buffered_bytes", sink.buffered_bytes);
  sink.oldest_ns = read_time(json, "oldest");
  read(json, "lines_per_s", sink.lines_per_s);
  read(json, "retries", sink.retries);
  read(json, "last_error", sink.last_error);
  sink.last_error_ns = read_time(json, "last_error_time");
  sink.spool = read_strings(json, "spool");
  if (const Json* dropped = find(json, "dropped"); dropped != nullptr && dropped->is_object()) {
    for (const auto& [reason, lines] : dropped->items()) {
      read(*dropped, reason.c_str(), sink.dropped[reason]);
    }
  }
  return sink;
}

std::string describe_members(const Json& input) {
  std::string details;
  for (const auto& [name, content] : input.items()) {
    if (name != "at_ns" && name != "service" && name != "input") {
      details += (details.empty() ? "" : ", ") + name + " " +
                 (content.is_string() ? content.get<std::string>() : content.dump());
    }
  }
  return details;
}

base::ErrorCode parse_code(std::string_view name) {
  constexpr std::array kCodes{
      base::ErrorCode::kInvalid, base::ErrorCode::kNotFound, base::ErrorCode::kPermission,
      base::ErrorCode::kExists,  base::ErrorCode::kLimit,    base::ErrorCode::kTimeout,
      base::ErrorCode::kSystem,  base::ErrorCode::kDamaged,  base::ErrorCode::kUnavailable};
  for (const base::ErrorCode code : kCodes) {
    if (error_code_name(code) == name) {
      return code;
    }
  }
  return base::ErrorCode::kSystem;
}

/// The parser throws only when it is out of memory or a number does not fit its type.
template <typename F>
auto guarded(F parse) -> decltype(parse()) {
  try {
    return parse();
  } catch (const std::exception&) {
    return damaged();
  }
}

}  // namespace

base::Result<void> check_reply(std::string_view text) {
  return guarded([&]() -> base::Result<void> {
    TRY_ASSIGN(const Json json, parse_object(text.substr(0, text.find('\n'))));
    std::string message;
    std::string code;
    read(json, "error", message);
    read(json, "code", code);
    if (!message.empty()) {
      return base::fail(parse_code(code), message);
    }
    return {};
  });
}

base::Result<StatusReport> parse_status(std::string_view text) {
  return guarded([&]() -> base::Result<StatusReport> {
    TRY_ASSIGN(const Json json, parse_object(text));
    StatusReport report;
    read(json, "pid", report.pid);
    read(json, "version", report.version);
    read(json, "state", report.state);
    read(json, "uptime_s", report.uptime_s);
    read(json, "sequence", report.sequence);
    for_each(json, "services",
             [&](const Json& item) { report.services.push_back(read_service(item)); });
    if (const Json* router = find(json, "router")) {
      read(*router, "pid", report.router.pid);
      read(*router, "restarts", report.router.restarts);
    }
    for_each(json, "sinks", [&](const Json& item) { report.sinks.push_back(read_sink(item)); });
    for_each(json, "orphans", [&](const Json& item) {
      OrphanStatus& orphan = report.orphans.emplace_back();
      read(item, "pid", orphan.pid);
      read(item, "command", orphan.command);
    });
    return report;
  });
}

base::Result<std::vector<HealthProblem>> parse_health(std::string_view text) {
  return guarded([&]() -> base::Result<std::vector<HealthProblem>> {
    TRY_ASSIGN(const Json json, parse_object(text));
    std::vector<HealthProblem> problems;
    for_each(json, "problems", [&](const Json& item) {
      HealthProblem& problem = problems.emplace_back();
      read(item, "service", problem.service);
      read(item, "reason", problem.reason);
    });
    return problems;
  });
}

base::Result<EventLine> parse_event(std::string_view text) {
  return guarded([&]() -> base::Result<EventLine> {
    TRY_ASSIGN(const Json json, parse_object(text));
    EventLine line;
    read(json, "sequence", line.sequence);
    read(json, "time", line.time);
    read(json, "service", line.service);
    read(json, "event", line.event);
    read(json, "pid", line.pid);
    read(json, "exit_code", line.exit_code);
    read(json, "signal", line.signal);
    read(json, "reason", line.reason);
    read(json, "stage", line.stage);
    read(json, "delay_ms", line.delay_ms);
    read(json, "missed", line.missed);
    return line;
  });
}

base::Result<std::vector<TraceLine>> parse_trace(std::string_view text) {
  return guarded([&]() -> base::Result<std::vector<TraceLine>> {
    TRY_ASSIGN(const Json json, parse_object(text));
    std::uint64_t booted_ns = 0;
    read(json, "booted_ns", booted_ns);
    std::vector<std::string> names;
    for_each(json, "services",
             [&](const Json& service) { read(service, "name", names.emplace_back()); });
    std::vector<TraceLine> lines;
    for_each(json, "inputs", [&](const Json& input) {
      TraceLine& line = lines.emplace_back();
      std::size_t service = names.size();
      read(input, "service", service);
      read(input, "at_ns", line.since_boot_ns);
      line.since_boot_ns -= std::min(line.since_boot_ns, booted_ns);
      line.service = service < names.size() ? names[service] : "?";
      read(input, "input", line.input);
      line.details = describe_members(input);
    });
    return lines;
  });
}

base::Result<std::vector<std::string>> parse_explanation(std::string_view text) {
  return guarded([&]() -> base::Result<std::vector<std::string>> {
    TRY_ASSIGN(const Json json, parse_object(text));
    return read_strings(json, "lines");
  });
}

base::Result<UpgradeReport> parse_upgrade(std::string_view text) {
  return guarded([&]() -> base::Result<UpgradeReport> {
    TRY_ASSIGN(const Json json, parse_object(text));
    UpgradeReport report;
    read(json, "version", report.version);
    read(json, "former_version", report.former_version);
    read(json, "binary", report.binary);
    read(json, "pid", report.pid);
    return report;
  });
}

base::Result<ConfigReloadProgress> parse_config_reload(std::string_view text) {
  return guarded([&]() -> base::Result<ConfigReloadProgress> {
    TRY_ASSIGN(const Json json, parse_object(text));
    ConfigReloadProgress progress;
    progress.messages = read_strings(json, "messages");
    progress.added = read_strings(json, "added");
    progress.removed = read_strings(json, "removed");
    progress.restarted = read_strings(json, "restarted");
    progress.updated = read_strings(json, "updated");
    progress.sinks = read_strings(json, "sinks");
    progress.live = read_strings(json, "live");
    progress.later = read_strings(json, "later");
    return progress;
  });
}

base::Result<std::vector<std::string>> parse_log_names(std::string_view text) {
  return guarded([&]() -> base::Result<std::vector<std::string>> {
    std::vector<std::string> names;
    for (const std::string_view line : base::split(text, '\n')) {
      if (line.empty()) {
        continue;
      }
      TRY_ASSIGN(const Json json, parse_object(line));
      std::ranges::move(read_strings(json, "sources"), std::back_inserter(names));
    }
    return names;
  });
}

}  // namespace supervisor
