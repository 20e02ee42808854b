// Scheduled services: a schedule that comes, and no key that would mean nothing.
#include <fmt/format.h>

#include <array>

#include "supervisor/config/validate.h"
#include "supervisor/machine/cron.h"

namespace supervisor {
namespace {

bool is_own(const Judge& judge, const std::string& path) {
  return judge.has(path) && !judge.place(path).shown.starts_with("defaults.");
}

void validate_scheduled(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  if (!judge.has(path + ".schedule")) {
    judge.refuse(path, "run", "it is scheduled and has no `schedule`");
  } else if (const auto schedule = parse_schedule(service.schedule); !schedule) {
    judge.refuse(path + ".schedule", "use", schedule.error().message);
  }
  judge.require(!service.primary, path + ".primary",
                "a scheduled service cannot end the container: between its runs nothing runs");
  judge.require(service.restart != RestartPolicy::kAlways || !is_own(judge, path + ".restart"),
                path + ".restart",
                "a scheduled service is started by its schedule; use on-failure or never");
}

}  // namespace

void validate_schedule(const Judge& judge, const ServiceConfig& service, const std::string& path) {
  if (!judge.readable(path + ".type")) {
    return;
  }
  if (service.type == ServiceType::kScheduled) {
    validate_scheduled(judge, service, path);
  } else {
    constexpr std::array<std::string_view, 4> kKeys{"schedule", "timezone", "overlap", "catch_up"};
    for (const std::string_view key : kKeys) {
      const std::string at = fmt::format("{}.{}", path, key);
      judge.require(!is_own(judge, at), at, "it belongs to services of type \"scheduled\"");
    }
  }
  if (service.timeout) {
    const std::string at = path + ".timeout";
    judge.require(service.type != ServiceType::kDaemon || !is_own(judge, at), at,
                  "a daemon runs on; it is the longest run of a oneshot or scheduled service");
    judge.require(service.timeout->ns > 0, at, "it must be longer than 0");
  }
}

}  // namespace supervisor
