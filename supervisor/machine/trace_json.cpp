#include "supervisor/machine/trace_json.h"

#include "base/json_writer.h"

namespace supervisor {

namespace {

using base::JsonWriter;

template <typename E>
std::string_view name_of(E choice) {
  return enum_names(choice)[static_cast<std::size_t>(choice)];
}

void put_backoff(JsonWriter& json, const BackoffConfig& backoff) {
  json.key("backoff").begin_object();
  json.field("initial_ns", backoff.initial.ns);
  json.field("factor", backoff.factor);
  json.field("max_ns", backoff.max.ns);
  json.field("jitter", backoff.jitter);
  json.field("reset_after_ns", backoff.reset_after.ns);
  json.end_object();
}

void put_rules(JsonWriter& json, const ServiceRules& rules) {
  json.key("rules").begin_object();
  json.field("type", name_of(rules.type));
  json.field("primary", rules.primary);
  json.field("awaits_ready", rules.awaits_ready());
  if (rules.ready_timeout_ns) {
    json.field("ready_timeout_ns", *rules.ready_timeout_ns);
  }
  if (rules.run_timeout_ns) {
    json.field("run_timeout_ns", *rules.run_timeout_ns);
  }
  json.field("unhealthy_then", name_of(rules.unhealthy_then));
  json.field("restart", name_of(rules.restart));
  json.key("success_exit_codes").begin_array();
  for (const std::int32_t code : rules.success_exit_codes) {
    json.value(code);
  }
  json.end_array();
  put_backoff(json, rules.backoff);
  json.key("restart_limit").begin_object();
  json.field("count", rules.restart_limit.count);
  json.field("within_ns", rules.restart_limit.within.ns);
  json.field("then", name_of(rules.restart_limit.then));
  json.end_object();
  json.field("stop_signal", rules.stop_signal);
  json.field("stop_to", name_of(rules.stop_to));
  json.field("stop_timeout_ns", rules.stop_timeout_ns);
  json.field("has_stop_command", rules.has_stop_command);
  json.field("has_exit_hook", rules.has_exit_hook);
  json.field("exit_hook_timeout_ns", rules.exit_hook_timeout_ns);
  json.field("sweeps", rules.sweeps);
  json.end_object();
}

std::string_view exit_kind_name(ExitKind kind) {
  switch (kind) {
    case ExitKind::kExited:
      return "exit_code";
    case ExitKind::kSignaled:
      return "signal";
    case ExitKind::kNotStarted:
      return "not_started";
  }
  return "";
}

template <typename T>
void put_unless_default(JsonWriter& json, std::string_view name, const T& content,
                        const T& otherwise = {}) {
  if (content != otherwise) {
    json.field(name, content);
  }
}

void put_event(JsonWriter& json, const ServiceEvent& event) {
  json.field("input", kServiceEventNames[static_cast<std::size_t>(event.kind)]);
  put_unless_default(json, "pid", event.pid);
  put_unless_default(json, "group", event.group);
  put_unless_default(json, "incarnation", event.incarnation);
  const bool has_exit =
      event.kind == ServiceEventKind::kExited || event.kind == ServiceEventKind::kSpawnFailed;
  if (has_exit) {
    const bool is_signal = event.exit.kind == ExitKind::kSignaled;
    json.field(exit_kind_name(event.exit.kind), is_signal ? event.exit.signal : event.exit.code);
  }
  put_unless_default(json, "text", event.text);
  put_unless_default(json, "generation", event.generation);
  put_unless_default(json, "deadline_ns", event.deadline_ns);
  if (event.kind == ServiceEventKind::kHookDone) {
    json.field("hook", kHookNames[static_cast<std::size_t>(event.hook)]);
  }
  put_unless_default(json, "stop_signal", event.signal);
  put_unless_default(json, "held", event.held);
}

void put_entry(JsonWriter& json, const TraceEntry& entry) {
  json.begin_object();
  json.field("at_ns", entry.now_ns);
  json.field("service", entry.service);
  if (entry.kind == TraceKind::kEvent) {
    put_event(json, entry.event);
  } else {
    json.field("input", entry.kind == TraceKind::kRandom ? "random" : "group_alive");
    json.field("answer", entry.answer);
  }
  json.end_object();
}

}  // namespace

std::string make_trace_json(const FleetMachine& fleet, std::uint64_t booted_ns) {
  JsonWriter json;
  json.begin_object();
  json.field("booted_ns", booted_ns);
  json.field("complete", fleet.trace().complete());
  json.key("services").begin_array();
  for (ServiceId id = 0; id < fleet.service_count(); ++id) {
    const ServiceMachine& machine = fleet.service(id);
    json.begin_object();
    json.field("name", machine.rules().name);
    json.field("state", service_state_name(machine.state()));
    json.field("restarts", machine.restarts());
    put_rules(json, machine.rules());
    json.end_object();
  }
  json.end_array();
  json.key("inputs").begin_array();
  for (const TraceEntry& entry : fleet.trace().entries()) {
    put_entry(json, entry);
  }
  json.end_array().end_object();
  return json.text();
}

}  // namespace supervisor
