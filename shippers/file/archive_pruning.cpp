#include "shippers/file/archive_pruning.h"

#include <algorithm>

namespace shippers {

namespace {

std::size_t excess_by_bytes(std::span<const ArchiveFile> archives, std::uint64_t bytes_max) {
  std::uint64_t sum = 0;
  std::size_t staying = 0;
  while (staying < archives.size()) {
    sum += archives[archives.size() - 1 - staying].bytes;
    if (sum > bytes_max) {
      break;
    }
    ++staying;
  }
  return archives.size() - staying;
}

std::size_t excess_by_age(std::span<const ArchiveFile> archives, std::uint64_t age_ns,
                          std::uint64_t realtime_ns) {
  const auto young = std::ranges::find_if(archives, [&](const ArchiveFile& archive) {
    return archive.modified_ns + age_ns > realtime_ns;
  });
  return static_cast<std::size_t>(young - archives.begin());
}

}  // namespace

bool is_status_needed(const logging::RotateConfig& rules) {
  return rules.keep_bytes.has_value() || rules.keep_age.has_value();
}

std::size_t count_excess(std::span<const ArchiveFile> archives, const logging::RotateConfig& rules,
                         std::uint64_t realtime_ns) {
  std::size_t excess = archives.size() - std::min<std::size_t>(archives.size(), rules.keep);
  if (rules.keep_bytes) {
    excess = std::max(excess, excess_by_bytes(archives, rules.keep_bytes->bytes));
  }
  if (rules.keep_age) {
    excess = std::max(excess, excess_by_age(archives, rules.keep_age->ns, realtime_ns));
  }
  return excess;
}

std::uint64_t next_expiry_ns(std::span<const ArchiveFile> staying,
                             const logging::RotateConfig& rules) {
  return rules.keep_age && !staying.empty() ? staying.front().modified_ns + rules.keep_age->ns : 0;
}

}  // namespace shippers
