// Makes a ring: the memory file with an initialised header (ring_layout.h), no frames, no
// consumers.
//
// PID 1 calls this once per service and hands the descriptor to every router that it starts.
// Threads: none. Owner: whoever holds the descriptor; the memory lives as long as one does.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace logging {

/// The largest allowed capacity that is not above `wanted`: a power of two within RingLimits.
[[nodiscard]] std::uint64_t ring_capacity_for(std::uint64_t wanted_bytes);

/// `ring_id` is unique for this boot and not 0; `capacity` is a power of two within RingLimits
/// (kInvalid otherwise). `fallback_directory` is used where memfd_create is forbidden.
[[nodiscard]] base::Result<base::Fd> create_ring(std::uint64_t ring_id, std::uint64_t capacity,
                                                 const std::string& fallback_directory);

}  // namespace logging
