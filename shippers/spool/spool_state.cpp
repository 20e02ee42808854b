#include "shippers/spool/spool_state.h"

#include <fmt/format.h>
#include <sys/file.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>

namespace shippers {

namespace {

constexpr std::uint64_t kStateMagic = 0x6174'7370'736c'7269;  // "irlspsta"
constexpr std::uint64_t kSlotDistance = 512;
constexpr std::uint32_t kMode = 0600;

struct Slot {
  std::uint64_t magic = kStateMagic;
  std::uint64_t generation = 0;
  std::uint64_t done_sequence = 0;
  std::uint32_t check = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(Slot) == 32);

std::uint32_t crc_of(Slot slot) {
  slot.check = 0;
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(&slot), sizeof(slot)));
}

}  // namespace

base::Result<SpoolState> SpoolState::open(base::FileSystem& files, const std::string& path) {
  TRY_ASSIGN(base::Fd file, files.open_update(path, kMode));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return base::fail(base::ErrorCode::kExists,
                        fmt::format("cannot use the spool of {}: another birl uses it; set "
                                    "spool.directory to one of its own",
                                    path));
    }
    return base::fail_errno(fmt::format("cannot lock {}", path));
  }
  SpoolState state(std::move(file));
  TRY(state.read(files));
  return state;
}

base::Result<std::uint64_t> SpoolState::read_done_sequence(base::FileSystem& files,
                                                           const std::string& path) {
  TRY_ASSIGN(base::Fd file, files.open_existing(path));
  SpoolState state(std::move(file));
  TRY(state.read(files));
  return state.done_sequence_;
}

base::Result<void> SpoolState::read(base::FileSystem& files) {
  for (std::uint64_t index = 0; index < 2; ++index) {
    Slot slot;
    TRY_ASSIGN(const std::size_t count,
               files.read_at(file_.get(), index * kSlotDistance,
                             std::span(reinterpret_cast<char*>(&slot), sizeof(slot))));
    const bool whole =
        count == sizeof(slot) && slot.magic == kStateMagic && slot.check == crc_of(slot);
    if (whole && slot.generation > generation_) {
      generation_ = slot.generation;
      done_sequence_ = slot.done_sequence;
    }
  }
  return {};
}

base::Result<void> SpoolState::write(base::FileSystem& files, std::uint64_t done_sequence) {
  Slot slot;
  slot.generation = generation_ + 1;
  slot.done_sequence = done_sequence;
  slot.check = crc_of(slot);
  TRY(files.write_at(file_.get(), slot.generation % 2 * kSlotDistance,
                     std::string_view(reinterpret_cast<const char*>(&slot), sizeof(slot))));
  generation_ = slot.generation;
  done_sequence_ = done_sequence;
  return {};
}

}  // namespace shippers
