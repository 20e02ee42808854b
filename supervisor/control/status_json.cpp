#include "supervisor/control/status_json.h"

#include "base/json_writer.h"
#include "base/text.h"

namespace supervisor {

namespace {

using base::JsonWriter;

template <typename T>
void put_optional(JsonWriter& json, std::string_view name, const std::optional<T>& content) {
  json.key(name);
  if (content) {
    json.value(*content);
  } else {
    json.null();
  }
}

void put_time(JsonWriter& json, std::string_view name, const std::optional<std::uint64_t>& ns) {
  put_optional(json, name, ns ? std::optional(base::format_rfc3339_ms(*ns)) : std::nullopt);
}

/// An empty text is "nothing to say".
void put_text(JsonWriter& json, std::string_view name, const std::string& text) {
  put_optional(json, name, text.empty() ? std::nullopt : std::optional(text));
}

void put_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) {
    json.value(text);
  }
  json.end_array();
}

void put_stream(JsonWriter& json, std::string_view name, const StreamStatus& stream) {
  json.key(name).begin_object();
  json.field("lines", stream.lines);
  json.field("bytes", stream.bytes);
  json.end_object();
}

void put_service(JsonWriter& json, const ServiceStatus& service) {
  json.begin_object();
  json.field("name", service.name);
  json.field("type", service.type);
  json.field("state", service.state);
  json.field("ready", service.ready);
  json.field("healthy", service.healthy);
  put_optional(json, "pid", service.pid);
  put_time(json, "since", service.since_ns);
  json.field("restarts", service.restarts);
  put_optional(json, "exit_code", service.exit_code);
  put_optional(json, "signal", service.signal);
  json.field("primary", service.primary);
  json.field("start_at_boot", service.start_at_boot);
  put_time(json, "next_run", service.next_run_ns);
  json.field("skipped_runs", service.skipped_runs);
  json.field("missed_runs", service.missed_runs);
  put_optional(json, "memory_bytes", service.memory_bytes);
  put_optional(json, "cpu_s", service.cpu_s);
  json.field("blocked_s", service.blocked_s);
  put_text(json, "reason", service.reason);
  put_text(json, "status", service.said);
  put_texts(json, "listen", service.listen);
  json.field("fd_store_max", service.fd_store_max);
  put_texts(json, "fd_store", service.fd_store);
  json.key("streams").begin_object();
  put_stream(json, "stdout", service.out);
  put_stream(json, "stderr", service.err);
  json.end_object();
  json.end_object();
}

void put_sink(JsonWriter& json, const SinkStatus& sink) {
  json.begin_object();
  json.field("name", sink.name);
  json.field("type", sink.type);
  json.field("state", sink.state);
  json.field("received", sink.received);
  json.field("delivered", sink.delivered);
  json.key("dropped").begin_object();
  for (const auto& [reason, lines] : sink.dropped) {
    json.field(reason, lines);
  }
  json.end_object();
  json.field("buffered", sink.buffered);
  json.field("buffered_bytes", sink.buffered_bytes);
  put_time(json, "oldest", sink.oldest_ns);
  json.field("lines_per_s", sink.lines_per_s);
  json.field("retries", sink.retries);
  put_text(json, "last_error", sink.last_error);
  put_time(json, "last_error_time", sink.last_error_ns);
  put_texts(json, "spool", sink.spool);
  json.end_object();
}

}  // namespace

std::string make_status_json(const StatusReport& report) {
  JsonWriter json;
  json.begin_object();
  json.field("pid", report.pid);
  json.field("version", report.version);
  json.field("state", report.state);
  json.field("uptime_s", report.uptime_s);
  json.field("sequence", report.sequence);
  json.key("services").begin_array();
  for (const ServiceStatus& service : report.services) {
    put_service(json, service);
  }
  json.end_array();
  json.key("router").begin_object();
  put_optional(json, "pid", report.router.pid);
  json.field("restarts", report.router.restarts);
  json.end_object();
  json.key("sinks").begin_array();
  for (const SinkStatus& sink : report.sinks) {
    put_sink(json, sink);
  }
  json.end_array();
  json.key("orphans").begin_array();
  for (const OrphanStatus& orphan : report.orphans) {
    json.begin_object();
    json.field("pid", orphan.pid);
    json.field("command", orphan.command);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text();
}

}  // namespace supervisor
