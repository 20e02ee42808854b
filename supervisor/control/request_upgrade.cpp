// `birl upgrade`: who may ask for it, and what is answered.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "supervisor/control/request_handler.h"

namespace supervisor {

/// Whoever chooses what process 1 executes has its rights: the configured group does not do.
base::Result<void> RequestHandler::check_upgrade_rights(const Caller& caller) const {
  if (caller.uid == 0 || caller.uid == access_.user) {
    return {};
  }
  return base::fail(base::ErrorCode::kPermission,
                    fmt::format("cannot upgrade for uid {}: do it as root, or as uid {}, which "
                                "birl runs as",
                                caller.uid, access_.user));
}

base::Result<Answer> RequestHandler::upgrade(const Request& request) {
  const std::uint64_t before = port_.upgrade_progress().ended;
  TRY(port_.upgrade(request.names.empty() ? "" : request.names.front()));
  Answer answer;
  answer.hold = Hold{.goal = Goal::kReloaded,
                     .phrase = "cannot upgrade",
                     .config_reloads = std::nullopt,
                     .upgrades = before,
                     .services = {},
                     .timeout_ms = limits_.wait_ms};
  return answer;
}

std::optional<Answer> RequestHandler::review_upgrade(std::uint64_t upgrades_before) const {
  const UpgradeProgress progress = port_.upgrade_progress();
  if (progress.ended <= upgrades_before || !progress.error) {
    return std::nullopt;
  }
  return make_error_answer(*progress.error);
}

std::string make_upgrade_answer(const UpgradeReport& report) {
  base::JsonWriter json;
  json.begin_object();
  json.field("ok", true);
  json.field("version", report.version);
  json.field("former_version", report.former_version);
  json.field("binary", report.binary);
  json.field("pid", report.pid);
  json.end_object();
  return json.text() + '\n';
}

}  // namespace supervisor
