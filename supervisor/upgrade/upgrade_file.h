// The state of a live upgrade as bytes in a memory file.
//
//     offset  bytes
//          0      8  "birlstat"
//          8      4  version, kUpgradeVersion
//         12      4  0
//         16      8  bytes of the content
//         24      8  FNV-1a (64 bits) of the content
//         32         the content: UpgradeState by base/codec.h
//
// Little-endian. A newer version is refused; the same one may have members that the reader does not
// know, which are skipped. Reading trusts nothing: what is damaged, or contradicts itself, is
// kDamaged. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/upgrade/upgrade_state.h"

namespace supervisor {

struct UpgradeLimits {
  static constexpr std::size_t kBytesMax = 256U << 20U;
};

inline constexpr std::uint32_t kUpgradeVersion = 1;

[[nodiscard]] std::vector<std::byte> encode_upgrade_state(const UpgradeState& state);
/// kInvalid: of another version. kDamaged: the rest, check_upgrade_state() included.
[[nodiscard]] base::Result<UpgradeState> decode_upgrade_state(std::span<const std::byte> bytes);

/// `fallback_directory` is for kernels that forbid memory files.
[[nodiscard]] base::Result<base::Fd> write_upgrade_file(std::span<const std::byte> bytes,
                                                        const std::string& fallback_directory);
[[nodiscard]] base::Result<std::vector<std::byte>> read_upgrade_file(int fd);

/// Of a whole file: tells one state from another.
[[nodiscard]] std::uint64_t upgrade_checksum(std::span<const std::byte> bytes);

}  // namespace supervisor
