#include "logging/handoff/ring_create.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

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

namespace {

base::Result<void> check_size(std::uint64_t ring_id, std::uint64_t capacity) {
  if (ring_id == 0 || capacity != ring_capacity_for(capacity)) {
    return base::fail(
        base::ErrorCode::kInvalid,
        fmt::format("cannot make ring {} of {} bytes: the size must be a power of "
                    "two from {} to {}",
                    ring_id, capacity, RingLimits::kCapacityMin, RingLimits::kCapacityMax));
  }
  return {};
}

base::Result<void> write_header(int fd, std::uint64_t ring_id, std::uint64_t capacity) {
  TRY_ASSIGN(const base::Mapping page,
             base::Mapping::map(fd, 0, kPageBytes, base::Access::kReadWrite));
  auto* header = reinterpret_cast<RingHeader*>(page.data());
  header->version = kRingVersion;
  header->ring_id = ring_id;
  header->capacity = capacity;
  header->piece_bytes_max =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(RingLimits::kPieceBytesMax, capacity / 4));
  header->magic = kRingMagic;
  return {};
}

enum class CarrySpace { kAllocated, kSparse };

base::Result<void> fill_file(int fd, std::uint64_t ring_id, std::uint64_t capacity,
                             CarrySpace carry) {
  const auto allocate = [fd](std::size_t from, std::size_t bytes) -> base::Result<void> {
    const int error = ::posix_fallocate(fd, static_cast<off_t>(from), static_cast<off_t>(bytes));
    return error == 0 ? base::Result<void>()
                      : base::fail_errno(fmt::format("cannot allocate {} bytes", bytes), error);
  };
  if (carry == CarrySpace::kAllocated) {
    TRY(allocate(0, ring_file_bytes(capacity)));
  } else {
    TRY(allocate(0, kCarryAt));
    TRY(allocate(kDataAt, static_cast<std::size_t>(capacity)));
  }
  return write_header(fd, ring_id, capacity);
}

base::Result<base::Fd> create_file(const std::string& path, std::uint64_t ring_id,
                                   std::uint64_t capacity, CarrySpace carry) {
  TRY(check_size(ring_id, capacity));
  base::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) {
    return base::fail_errno(fmt::format("cannot make {}", path));
  }
  if (auto filled = fill_file(fd.get(), ring_id, capacity, carry); !filled) {
    ::unlink(path.c_str());
    return base::with_context(fmt::format("cannot make {}", path), filled.error());
  }
  return fd;
}

}  // namespace

base::Result<base::Fd> create_ring(std::uint64_t ring_id, std::uint64_t capacity,
                                   const std::string& fallback_directory) {
  TRY(check_size(ring_id, capacity));
  TRY_ASSIGN(base::Fd fd, base::make_memory_file(fmt::format("birl-ring-{}", ring_id),
                                                 ring_file_bytes(capacity), fallback_directory));
  TRY(write_header(fd.get(), ring_id, capacity));
  return fd;
}

base::Result<base::Fd> create_ring_file(const std::string& path, std::uint64_t ring_id,
                                        std::uint64_t capacity) {
  return create_file(path, ring_id, capacity, CarrySpace::kAllocated);
}

base::Result<base::Fd> create_queue_file(const std::string& path, std::uint64_t ring_id,
                                         std::uint64_t capacity) {
  return create_file(path, ring_id, capacity, CarrySpace::kSparse);
}

}  // namespace logging
