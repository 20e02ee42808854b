// The answer to `birl reload` without a name, as JSON and back, and as text for people.
//
//     {"ok": true, "added": ["worker"], "removed": [], "restarted": ["web"], "updated": [],
//      "sinks": ["files"], "live": ["birl.signals"], "later": [], "messages": ["..."]}
//     {"error": "cannot reload: ...:\nbirl.toml:3:1: cannot ...", "code": "invalid"}
// Pure. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "supervisor/control/control_port.h"

namespace supervisor {

/// `trouble`: of services that did not come up again; the configuration is in effect all the same.
[[nodiscard]] std::string make_config_reload_json(const ConfigReloadProgress& progress,
                                                  const std::string& trouble);

/// A line for each kind of change, "nothing has changed" if there is none.
[[nodiscard]] std::string describe_config_reload(const ConfigReloadProgress& progress);

}  // namespace supervisor
