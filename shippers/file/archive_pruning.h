// How many of a file's oldest archives are too much: by count, size together and age.
//
// An archive goes as soon as one of the three says so. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "logging/sink_config.h"

namespace shippers {

struct ArchiveFile {
  std::string name;
  std::string age_key;
  std::uint64_t bytes = 0;        // known only where is_status_needed()
  std::uint64_t modified_ns = 0;  // realtime; the same
};

/// Size and time of each archive matter.
[[nodiscard]] bool is_status_needed(const logging::RotateConfig& rules);

/// How many of `archives`, the oldest first, have to go.
[[nodiscard]] std::size_t count_excess(std::span<const ArchiveFile> archives,
                                       const logging::RotateConfig& rules,
                                       std::uint64_t realtime_ns);

/// When the oldest of those that stay will be too old (realtime); 0: never by age.
[[nodiscard]] std::uint64_t next_expiry_ns(std::span<const ArchiveFile> staying,
                                           const logging::RotateConfig& rules);

}  // namespace shippers
