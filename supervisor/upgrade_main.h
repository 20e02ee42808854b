// What main() looks at first: whether a running birl asks this executable if it can take over
// (upgrade/upgrade_check.h), or this process was exec'ed by one to do so.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace supervisor {

/// The exit code of the process; nullopt: neither.
[[nodiscard]] std::optional<int> upgrade_main(std::span<const std::string> arguments);

}  // namespace supervisor
