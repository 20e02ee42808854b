#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/process/probe.h"

namespace supervisor {

namespace {

constexpr std::uint64_t kTimeoutNs = 3 * base::kNsPerSecond;

base::Result<ProbeTarget> parse_target(const std::string& kind, const std::string& text) {
  if (kind == "http") {
    return parse_http_target(text);
  }
  return kind == "tcp" ? parse_tcp_target(text) : parse_file_target(text);
}

}  // namespace

int cmd_probe(const CommandOptions& options) {
  const std::string& text = options.names.front();
  const auto target = parse_target(options.probe_kind, text);
  if (!target) {
    return report_error(base::with_context("cannot probe", target.error()).value());
  }
  const auto timeout_ns = options.timeout.empty() ? base::Result<std::uint64_t>(kTimeoutNs)
                                                  : base::parse_duration_ns(options.timeout);
  if (!timeout_ns) {
    return report_error(timeout_ns.error());
  }
  const auto probed = probe(*target, *timeout_ns);
  if (probed) {
    return kExitDone;
  }
  fmt::print(stderr, "cannot reach {}: {}\n", text, probed.error().message);
  return probed.error().code == base::ErrorCode::kTimeout ? kExitTimedOut : kExitFailed;
}

}  // namespace supervisor
