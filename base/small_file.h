// Reads a small file whole, with a limit, and without waiting for the other end of a FIFO.
//
// Blocks as long as the file system does. Threads: any.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"

namespace base {

/// Errors read "cannot read PATH: ...". Only regular files.
[[nodiscard]] Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max);
/// Nothing when there is no such file.
[[nodiscard]] Result<std::optional<std::string>> read_small_file_if_present(const std::string& path,
                                                                            std::size_t bytes_max);

}  // namespace base
