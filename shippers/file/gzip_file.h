// Packs one open file into another with gzip.
//
// Level 1: of text it leaves little more than level 6 does, in a third of the time. A file that was
// deleted meanwhile, and a wish to stop, end it early. Blocks as the file system does. Threads: any
// one.
#pragma once

#include <cstdint>
#include <functional>

#include "base/file_system.h"
#include "base/result.h"

namespace shippers {

struct GzipLimits {
  static constexpr std::size_t kBlockBytes = 128 * 1024;
  static constexpr int kLevel = 1;
};

/// Appends what `source` holds, packed, to `target`; returns how many bytes it read. kUnavailable:
/// `must_stop` said so, or `source` has no name any more.
[[nodiscard]] base::Result<std::uint64_t> gzip_file(base::FileSystem& files, int source, int target,
                                                    const std::function<bool()>& must_stop);

}  // namespace shippers
