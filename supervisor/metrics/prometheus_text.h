// What `/metrics` says: a StatusReport in Prometheus' text format 0.0.4. Counters end in _total,
// units are in the names; every family has its HELP and TYPE before its samples. Pure.
//
// Source: protocol card I.12. Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/control/status_json.h"

namespace supervisor {

inline constexpr std::string_view kPrometheusContentType =
    "text/plain; version=0.0.4; charset=utf-8";

/// `now_ns` is realtime: ages are counted from there.
[[nodiscard]] std::string prometheus_text(const StatusReport& report, std::uint64_t now_ns);

}  // namespace supervisor
