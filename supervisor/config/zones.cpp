#include "supervisor/config/zones.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/small_file.h"
#include "base/text.h"
#include "supervisor/config/node.h"

namespace supervisor {
namespace {

using base::Result;
using base::TimeZone;

/// A name that stays below the directory.
bool is_zone_name(std::string_view name) {
  const auto parts = base::split(name, '/');
  return !name.empty() && name.size() <= 255 && std::ranges::none_of(parts, [](auto part) {
    return part.empty() || part.starts_with('.');
  });
}

Result<TimeZone> find_zone(const std::string& name, const std::string& directory) {
  TimeZone zone;
  if (name != "UTC") {
    if (auto posix = base::parse_posix_time_zone(name)) {
      return posix;
    }
    const auto unknown = [&](std::string_view why) {
      return base::fail(base::ErrorCode::kNotFound,
                        fmt::format("there is no time zone \"{}\": {}; install tzdata, or write it "
                                    "like \"CET-1CEST,M3.5.0,M10.5.0/3\"",
                                    name, why));
    };
    if (!is_zone_name(name)) {
      return unknown("it is no name like Europe/Berlin");
    }
    const auto bytes =
        base::read_small_file(directory + "/" + name, base::TimeZoneLimits::kFileBytesMax);
    if (!bytes) {
      return unknown(bytes.error().message);
    }
    auto read = base::parse_time_zone_file(*bytes);
    if (!read) {
      return unknown(read.error().message);
    }
    zone = *std::move(read);
  }
  zone.name = name;
  return zone;
}

}  // namespace

void load_zones(Config& config, const LoadRequest& request, const Places& places,
                Problems& problems) {
  for (auto& [name, service] : config.services) {
    const std::string path = join_key("service", name) + ".timezone";
    if (service.type != ServiceType::kScheduled || places.at(path).unreadable) {
      continue;
    }
    const bool is_set = places.has(path);
    std::string wanted = service.timezone.name;
    if (const auto variable = request.environment.find("TZ");
        !is_set && variable != request.environment.end()) {
      wanted = variable->second.starts_with(':') ? variable->second.substr(1) : variable->second;
    }
    if (wanted.empty() && !is_set) {
      wanted = "UTC";
    }
    auto zone = find_zone(wanted, request.zone_directory);
    if (zone) {
      service.timezone = *std::move(zone);
    } else {
      const Place place = places.at(is_set ? path : join_key("service", name));
      problems.error(place.origin,
                     fmt::format("cannot use {}: {}", is_set ? place.shown : "the variable TZ",
                                 zone.error().message));
    }
  }
}

}  // namespace supervisor
