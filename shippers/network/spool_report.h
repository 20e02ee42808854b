// What `birl spool ls` and `show` print, from the directories of spools.
//
// A sink's spool may be in one of several directories: the first that is one counts; none is an
// empty spool. Threads: any; blocks as the file system does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace shippers {

enum class SpoolPart { kWaiting, kDead };  // for the destination; refused by it for good
enum class SpoolOutput { kText, kJson };

/// A line each, or {"sinks":[{name, records, events, lines, bytes, oldest, refused}]}.
[[nodiscard]] base::Result<std::string> list_spools(
    const std::map<std::string, std::vector<std::string>>& directories, SpoolOutput output);

/// Each event on a line as the destination gets it, a dead one behind its reason; in JSON
/// {sequence, time, lines, key, reason, event} a line.
[[nodiscard]] base::Result<std::string> show_spool(const std::vector<std::string>& directories,
                                                   SpoolPart part, SpoolOutput output);

}  // namespace shippers
