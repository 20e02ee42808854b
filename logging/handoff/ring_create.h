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

/// The same as a file `path` that does not exist yet (kExists), mode 0600, whose space is
/// allocated: writing to a mapping of it cannot fail for want of room. Nothing is left behind when
/// it fails.
[[nodiscard]] base::Result<base::Fd> create_ring_file(const std::string& path,
                                                      std::uint64_t ring_id,
                                                      std::uint64_t capacity);

/// For a ring that has no carry areas to speak of (a queue): those take no space.
[[nodiscard]] base::Result<base::Fd> create_queue_file(const std::string& path,
                                                       std::uint64_t ring_id,
                                                       std::uint64_t capacity);

}  // namespace logging
