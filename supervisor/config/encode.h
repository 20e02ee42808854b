// The configuration as bytes: how the load child hands it to PID 1 through a memory file.
//
// The memory file holds u64 bytes (little-endian), then the encoding of base/codec.h. PID 1 makes
// it with kConfigMemoryBytes, sealed against growth; a configuration that does not fit is an error
// of the child. Reading trusts nothing: a length beyond the file or damaged bytes are kDamaged.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "supervisor/config/config.h"

namespace supervisor {

constexpr std::size_t kConfigMemoryBytes = 16U << 20U;

[[nodiscard]] std::vector<std::byte> encode_config(const Config& config);
/// Also sets the `name` members from the keys of the maps.
[[nodiscard]] base::Result<Config> decode_config(std::span<const std::byte> bytes);

[[nodiscard]] base::Result<void> write_config(int memory_fd, const Config& config);
[[nodiscard]] base::Result<Config> read_config(int memory_fd);

}  // namespace supervisor
