#include "logging/handoff/ring_create.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "logging/handoff/ring_layout.h"

namespace logging {

std::uint32_t sink_id_of(std::string_view sink_name) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : sink_name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  }
  return hash == 0 ? 1 : hash;
}

std::uint64_t ring_capacity_for(std::uint64_t wanted_bytes) {
  return std::bit_floor(
      std::clamp(wanted_bytes, RingLimits::kCapacityMin, RingLimits::kCapacityMax));
}

base::Result<base::Fd> create_ring(std::uint64_t ring_id, std::uint64_t capacity,
                                   const std::string& fallback_directory) {
  if (ring_id == 0 || capacity != ring_capacity_for(capacity)) {
    return base::fail(
        base::ErrorCode::kInvalid,
        fmt::format("cannot make ring {} of {} bytes: the size must be a power of "
                    "two from {} to {}",
                    ring_id, capacity, RingLimits::kCapacityMin, RingLimits::kCapacityMax));
  }
  TRY_ASSIGN(base::Fd fd, base::make_memory_file(fmt::format("birl-ring-{}", ring_id),
                                                 ring_file_bytes(capacity), fallback_directory));
  TRY_ASSIGN(const base::Mapping page,
             base::Mapping::map(fd.get(), 0, kPageBytes, base::Access::kReadWrite));
  auto* header = reinterpret_cast<RingHeader*>(page.data());
  header->version = kRingVersion;
  header->ring_id = ring_id;
  header->capacity = capacity;
  header->piece_bytes_max =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(RingLimits::kPieceBytesMax, capacity / 4));
  header->magic = kRingMagic;
  return fd;
}

}  // namespace logging
