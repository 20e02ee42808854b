#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <array>

#include "supervisor/control/commands.h"
#include "supervisor/control/control_server.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/reply.h"

namespace supervisor {

namespace {

/// As birl sees it, which has another working directory.
std::string absolute(const std::string& path) {
  std::array<char, PATH_MAX> directory{};
  if (path.starts_with('/') || ::getcwd(directory.data(), directory.size()) == nullptr) {
    return path;
  }
  return fmt::format("{}/{}", directory.data(), path);
}

std::string describe(const UpgradeReport& report) {
  return fmt::format("birl {} runs as process {} now (before: {}), from {}\n", report.version,
                     report.pid, report.former_version, report.binary);
}

}  // namespace

int cmd_upgrade(const CommandOptions& options) {
  std::vector<std::string> words{"upgrade"};
  for (const std::string& binary : options.names) {
    words.push_back(absolute(binary));
  }
  const auto reply =
      find_instance(options).ask(words, ControlLimits{}.wait_ms + Client::kTimeoutMs);
  if (!reply) {
    return report_error(reply.error());
  }
  const auto report = parse_upgrade(reply->text);
  if (!report) {
    return report_error(report.error());
  }
  const auto printed = print_out(options.json ? reply->text : describe(*report));
  return printed ? kExitDone : report_error(printed.error());
}

}  // namespace supervisor
