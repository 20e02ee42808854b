// `birl spool ls` and `show`: what spools hold, read from their directories. Where those are says a
// running instance, or else the configuration.
//
// Exit codes: 0 fine, 1 a spool cannot be read, 2 usage or configuration, 3 no such sink.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/config/check.h"
#include "supervisor/config/environment.h"

namespace supervisor {

/// Where each sink's spool may be: the first that is one counts.
using SpoolDirectories = std::map<std::string, std::vector<std::string>>;

struct SpoolQuery {
  bool dead = false;  // what was refused for good
  bool json = false;
};

/// Reads spools, which this room does not know (shippers/network/spool_report.h).
struct SpoolReader {
  std::function<base::Result<std::string>(const SpoolDirectories&, const SpoolQuery&)> list;
  std::function<base::Result<std::string>(const std::vector<std::string>&, const SpoolQuery&)> show;
};

/// `ls|show [SINK] [--dead] [--json] [--socket PATH] [-c X]...`
[[nodiscard]] RoleOutput run_spool(std::span<const std::string> arguments,
                                   const Environment& environment, const SpoolReader& reader);
/// The same with real output; returns the exit code of the process.
[[nodiscard]] int spool_main(std::span<const std::string> arguments, const Environment& environment,
                             const SpoolReader& reader);

}  // namespace supervisor
