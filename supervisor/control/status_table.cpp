#include "supervisor/control/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/clock.h"
#include "base/text.h"

namespace supervisor {

namespace {

using Row = std::vector<std::string>;

/// The two largest units are enough for a person: "3d4h", "12m5s".
std::string format_age(std::uint64_t seconds) {
  if (seconds < 60) {
    return fmt::format("{}s", seconds);
  }
  if (seconds < 3600) {
    return fmt::format("{}m{}s", seconds / 60, seconds % 60);
  }
  if (seconds < 86'400) {
    return fmt::format("{}h{}m", seconds / 3600, seconds % 3600 / 60);
  }
  return fmt::format("{}d{}h", seconds / 86'400, seconds % 86'400 / 3600);
}

std::string format_since(const std::optional<std::uint64_t>& since_ns, std::uint64_t now_ns) {
  if (!since_ns) {
    return "-";
  }
  return format_age(now_ns > *since_ns ? (now_ns - *since_ns) / base::kNsPerSecond : 0);
}

std::string format_pid(const std::optional<std::int64_t>& pid) {
  return pid ? fmt::format("{}", *pid) : "-";
}

std::string format_exit(const ServiceStatus& service) {
  if (service.signal) {
    return *service.signal;
  }
  return service.exit_code ? fmt::format("{}", *service.exit_code) : "-";
}

/// Tenths are enough for a person: "3.4M".
std::string format_memory(const ServiceStatus& service) {
  if (!service.memory_bytes) {
    return "-";
  }
  const double mebibytes = static_cast<double>(*service.memory_bytes) / (1U << 20U);
  return mebibytes < 1024 ? fmt::format("{:.1f}M", mebibytes)
                          : fmt::format("{:.1f}G", mebibytes / 1024);
}

std::string format_cpu(const ServiceStatus& service) {
  return service.cpu_s ? fmt::format("{:.1f}s", *service.cpu_s) : "-";
}

std::string format_state(const ServiceStatus& service) {
  if (!service.healthy) {
    return service.state + ", unhealthy";
  }
  return service.state == "running" && !service.ready ? "running, not ready" : service.state;
}

/// What is to be said of it: why it is as it is, what it says itself, when it runs next.
std::string format_reason(const ServiceStatus& service, std::uint64_t now_ns) {
  const std::string& said = service.reason.empty() ? service.said : service.reason;
  if (!service.next_run_ns || service.state != "waiting") {
    return said;
  }
  const std::uint64_t left_ns = *service.next_run_ns - std::min(*service.next_run_ns, now_ns);
  return fmt::format("next run in {}{}{}", format_age(left_ns / base::kNsPerSecond),
                     said.empty() ? "" : "; ", said);
}

std::string format_services(const StatusReport& report, std::uint64_t now_ns) {
  std::vector<Row> rows{
      {"SERVICE", "STATE", "PID", "SINCE", "RESTARTS", "EXIT", "MEMORY", "CPU", "REASON"}};
  for (const ServiceStatus& service : report.services) {
    rows.push_back({service.primary ? service.name + " *" : service.name, format_state(service),
                    format_pid(service.pid), format_since(service.since_ns, now_ns),
                    fmt::format("{}", service.restarts), format_exit(service),
                    format_memory(service), format_cpu(service), format_reason(service, now_ns)});
  }
  return format_columns(rows);
}

std::string format_dropped(const SinkStatus& sink) {
  std::uint64_t total = 0;
  std::string reasons;
  for (const auto& [reason, lines] : sink.dropped) {
    total += lines;
    if (lines > 0) {
      reasons += fmt::format("{}{} {}", reasons.empty() ? " (" : ", ", reason, lines);
    }
  }
  return fmt::format("{}{}{}", total, reasons, reasons.empty() ? "" : ")");
}

/// "40 (since 3m)": how long the oldest has waited.
std::string format_buffered(const SinkStatus& sink, std::uint64_t now_ns) {
  const std::string since =
      sink.oldest_ns ? fmt::format(" (since {})", format_since(sink.oldest_ns, now_ns)) : "";
  return fmt::format("{}{}", sink.buffered, since);
}

std::string format_sinks(const StatusReport& report, std::uint64_t now_ns) {
  std::vector<Row> rows{{"SINK", "TYPE", "STATE", "RECEIVED", "DELIVERED", "LINES/S", "DROPPED",
                         "BUFFERED", "RETRIES", "LAST ERROR"}};
  for (const SinkStatus& sink : report.sinks) {
    rows.push_back({sink.name, sink.type, sink.state, fmt::format("{}", sink.received),
                    fmt::format("{}", sink.delivered), fmt::format("{:.0f}", sink.lines_per_s),
                    format_dropped(sink), format_buffered(sink, now_ns),
                    fmt::format("{}", sink.retries), sink.last_error});
  }
  return format_columns(rows);
}

std::string format_router(const RouterStatus& router) {
  return router.pid ? fmt::format("router: pid {}, {} restarts\n", *router.pid, router.restarts)
                    : fmt::format("router: not running, {} restarts; services wait for it\n",
                                  router.restarts);
}

}  // namespace

std::string format_columns(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string table;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += fmt::format("{:<{}}  ", row[column], widths[column]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + '\n';
  }
  return table;
}

std::string format_status_table(const StatusReport& report, std::uint64_t now_ns) {
  std::string text =
      fmt::format("birl {} (pid {}) {}, up {}\n\n", report.version, report.pid, report.state,
                  format_age(static_cast<std::uint64_t>(std::max(0.0, report.uptime_s))));
  text += format_services(report, now_ns);
  if (std::ranges::any_of(report.services, &ServiceStatus::primary)) {
    text += "(* primary: its end is the container's)\n";
  }
  text += '\n' + format_router(report.router);
  if (!report.sinks.empty()) {
    text += '\n' + format_sinks(report, now_ns);
  }
  for (const OrphanStatus& orphan : report.orphans) {
    text += fmt::format("\nprocess {} belongs to no service: {}\n", orphan.pid, orphan.command);
  }
  return text;
}

std::string fit_to_screen(std::string_view text, const ScreenSize& size) {
  if (size.rows == 0 || size.columns == 0) {
    return std::string(text);
  }
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
  }
  const std::vector<std::string_view> lines = base::split(text, '\n');
  const std::size_t room = size.rows - 1;
  const bool fits = lines.size() <= room;
  const std::size_t shown = fits ? lines.size() : room;
  std::string screen;
  for (const std::string_view line : std::span(lines).first(shown)) {
    screen += std::string(line.substr(0, size.columns)) + "\n";
  }
  if (!fits) {
    screen += fmt::format("{} more lines", lines.size() - shown).substr(0, size.columns - 1);
  }
  return screen;
}

}  // namespace supervisor
