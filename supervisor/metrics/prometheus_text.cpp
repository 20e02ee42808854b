#include "supervisor/metrics/prometheus_text.h"

#include <fmt/format.h>

#include <array>

namespace supervisor {

namespace {

constexpr auto kServiceStates = std::to_array<std::string_view>(
    {"stopped", "waiting", "starting", "running", "stopping", "backoff", "failed", "done"});
constexpr auto kSinkStates =
    std::to_array<std::string_view>({"ok", "retrying", "parked", "blocked"});
constexpr double kNsPerSecond = 1e9;

class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }

  struct Label {
    std::string_view name;
    std::string_view value;
  };
  void sample(std::initializer_list<Label> labels, std::string_view value) {
    out_ += name_;
    char before = '{';
    for (const Label& label : labels) {
      out_ += before;
      out_ += label.name;
      out_ += "=\"";
      append_escaped(label.value);
      out_ += '"';
      before = ',';
    }
    out_ += labels.size() == 0 ? "" : "}";
    out_ += fmt::format(" {}\n", value);
  }
  void sample(std::initializer_list<Label> labels, std::uint64_t value) {
    sample(labels, fmt::format("{}", value));
  }
  void sample(std::initializer_list<Label> labels, double value) {
    sample(labels, fmt::format("{:.3f}", value));
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void append_escaped(std::string_view text) {
    for (const char c : text) {
      out_ += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
    }
  }

  std::string name_;
  std::string out_;
};

void write_instance(Writer& out, const StatusReport& report) {
  out.family("birl_info", "gauge", "The version that runs; always 1.");
  out.sample({{"version", report.version}}, std::uint64_t{1});
  out.family("birl_uptime_seconds", "gauge", "Since the instance has started.");
  out.sample({}, report.uptime_s);
  out.family("birl_router_restarts_total", "counter",
             "How often the log router was started again.");
  out.sample({}, report.router.restarts);
}

template <typename Value>
void write_services(Writer& out, const StatusReport& report, std::string_view name,
                    std::string_view type, std::string_view help, Value value) {
  out.family(name, type, help);
  for (const ServiceStatus& service : report.services) {
    out.sample({{"service", service.name}}, value(service));
  }
}

void write_services(Writer& out, const StatusReport& report) {
  out.family("birl_service_state", "gauge", "1 for the state that the service is in.");
  for (const ServiceStatus& service : report.services) {
    for (const std::string_view state : kServiceStates) {
      out.sample({{"service", service.name}, {"state", state}},
                 std::uint64_t{service.state == state ? 1U : 0U});
    }
  }
  write_services(out, report, "birl_service_ready", "gauge", "1 when it is ready.",
                 [](const ServiceStatus& service) { return std::uint64_t{service.ready}; });
  write_services(out, report, "birl_service_healthy", "gauge", "0 when its health check says so.",
                 [](const ServiceStatus& service) { return std::uint64_t{service.healthy}; });
  write_services(out, report, "birl_service_restarts_total", "counter",
                 "How often it was started again.",
                 [](const ServiceStatus& service) { return service.restarts; });
  write_services(out, report, "birl_service_blocked_seconds_total", "counter",
                 "Time that it waited for its logs.",
                 [](const ServiceStatus& service) { return service.blocked_s; });
  out.family("birl_service_memory_bytes", "gauge", "Memory of its process.");
  for (const ServiceStatus& service : report.services) {
    if (service.memory_bytes) {
      out.sample({{"service", service.name}}, *service.memory_bytes);
    }
  }
  out.family("birl_service_log_lines_total", "counter", "Lines that it wrote.");
  for (const ServiceStatus& service : report.services) {
    out.sample({{"service", service.name}, {"stream", "stdout"}}, service.out.lines);
    out.sample({{"service", service.name}, {"stream", "stderr"}}, service.err.lines);
  }
  out.family("birl_service_log_bytes_total", "counter", "Bytes that it wrote.");
  for (const ServiceStatus& service : report.services) {
    out.sample({{"service", service.name}, {"stream", "stdout"}}, service.out.bytes);
    out.sample({{"service", service.name}, {"stream", "stderr"}}, service.err.bytes);
  }
}

template <typename Value>
void write_sinks(Writer& out, const StatusReport& report, std::string_view name,
                 std::string_view type, std::string_view help, Value value) {
  out.family(name, type, help);
  for (const SinkStatus& sink : report.sinks) {
    out.sample({{"sink", sink.name}, {"type", sink.type}}, value(sink));
  }
}

void write_sink_counts(Writer& out, const StatusReport& report) {
  write_sinks(out, report, "birl_sink_received_lines_total", "counter",
              "Lines for the sink: delivered, dropped and buffered ones.",
              [](const SinkStatus& sink) { return sink.received; });
  write_sinks(out, report, "birl_sink_delivered_lines_total", "counter",
              "Lines that are where they should be.",
              [](const SinkStatus& sink) { return sink.delivered; });
  out.family("birl_sink_dropped_lines_total", "counter", "Lines that were given up, and why.");
  for (const SinkStatus& sink : report.sinks) {
    for (const auto& [reason, lines] : sink.dropped) {
      out.sample({{"sink", sink.name}, {"type", sink.type}, {"reason", reason}}, lines);
    }
  }
  write_sinks(out, report, "birl_sink_retries_total", "counter",
              "Requests that had to be sent again.",
              [](const SinkStatus& sink) { return sink.retries; });
}

void write_sinks(Writer& out, const StatusReport& report, std::uint64_t now_ns) {
  write_sink_counts(out, report);
  write_sinks(out, report, "birl_sink_buffered_lines", "gauge", "Lines that wait.",
              [](const SinkStatus& sink) { return sink.buffered; });
  write_sinks(out, report, "birl_sink_buffered_bytes", "gauge",
              "Bytes of them, in rings and the spool.",
              [](const SinkStatus& sink) { return sink.buffered_bytes; });
  write_sinks(out, report, "birl_sink_oldest_buffered_seconds", "gauge",
              "Age of the oldest line that waits; 0 when none does.",
              [now_ns](const SinkStatus& sink) {
                const std::uint64_t since = sink.oldest_ns.value_or(now_ns);
                return static_cast<double>(now_ns - std::min(now_ns, since)) / kNsPerSecond;
              });
  out.family("birl_sink_state", "gauge", "1 for the state that the sink is in.");
  for (const SinkStatus& sink : report.sinks) {
    for (const std::string_view state : kSinkStates) {
      out.sample({{"sink", sink.name}, {"type", sink.type}, {"state", state}},
                 std::uint64_t{sink.state == state ? 1U : 0U});
    }
  }
  out.family("birl_sink_last_error_timestamp_seconds", "gauge",
             "When it last failed; absent when it never did.");
  for (const SinkStatus& sink : report.sinks) {
    if (sink.last_error_ns) {
      out.sample({{"sink", sink.name}, {"type", sink.type}},
                 static_cast<double>(*sink.last_error_ns) / kNsPerSecond);
    }
  }
}

}  // namespace

std::string prometheus_text(const StatusReport& report, std::uint64_t now_ns) {
  Writer out;
  write_instance(out, report);
  write_services(out, report);
  write_sinks(out, report, now_ns);
  return out.take();
}

}  // namespace supervisor
