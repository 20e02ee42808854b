#include "supervisor/upgrade/upgrade_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/codec.h"

namespace supervisor {

using base::ErrorCode;
using base::Result;

namespace {

constexpr std::array<char, 8> kMagic{'b', 'i', 'r', 'l', 's', 't', 'a', 't'};

struct Header {
  std::array<char, 8> magic = kMagic;
  std::uint32_t version = kUpgradeVersion;
  std::uint32_t zero = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(Header) == 32);

std::uint64_t fnv1a(std::span<const std::byte> bytes) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const std::byte byte : bytes) {
    hash = (hash ^ static_cast<std::uint64_t>(byte)) * 1'099'511'628'211U;
  }
  return hash;
}

base::Unexpected damaged(std::string_view why) {
  return base::fail(ErrorCode::kDamaged,
                    fmt::format("cannot read the state of the running birl: {}", why));
}

}  // namespace

std::vector<std::byte> encode_upgrade_state(const UpgradeState& state) {
  const std::vector<std::byte> content = base::Encoder::encode(state);
  Header header;
  header.bytes = content.size();
  header.checksum = fnv1a(content);
  std::vector<std::byte> bytes(sizeof(header));
  std::memcpy(bytes.data(), &header, sizeof(header));
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

Result<UpgradeState> decode_upgrade_state(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof(header)) {
    return damaged("it is too short");
  }
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic) {
    return damaged("it is none");
  }
  if (header.version != kUpgradeVersion) {
    return base::fail(ErrorCode::kInvalid,
                      fmt::format("cannot read the state of the running birl: it is of version {}, "
                                  "birl {} knows version {}",
                                  header.version, BIRL_VERSION, kUpgradeVersion));
  }
  const std::span<const std::byte> content = bytes.subspan(sizeof(header));
  if (header.bytes != content.size() || header.checksum != fnv1a(content)) {
    return damaged("it is damaged");
  }
  TRY_ASSIGN(UpgradeState state, base::Decoder::decode<UpgradeState>(content));
  TRY(check_upgrade_state(state));
  return state;
}

Result<base::Fd> write_upgrade_file(std::span<const std::byte> bytes,
                                    const std::string& fallback_directory) {
  TRY_ASSIGN(base::Fd file,
             base::make_memory_file("birl-upgrade", bytes.size(), fallback_directory));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t count =
        ::pwrite(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (count <= 0 && errno != EINTR) {
      return base::fail_errno("cannot write the state for the next birl");
    }
    at += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return file;
}

Result<std::vector<std::byte>> read_upgrade_file(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return base::fail_errno("cannot read the state of the running birl");
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size > UpgradeLimits::kBytesMax) {
    return damaged("it is no memory file of birl's");
  }
  std::vector<std::byte> bytes(size);
  for (std::size_t at = 0; at < size;) {
    const ssize_t count = ::pread(fd, bytes.data() + at, size - at, static_cast<off_t>(at));
    if (count == 0) {
      return damaged("it is too short");
    }
    if (count < 0 && errno != EINTR) {
      return base::fail_errno("cannot read the state of the running birl");
    }
    at += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  return bytes;
}

std::uint64_t upgrade_checksum(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() >= sizeof(header)) {
    std::memcpy(&header, bytes.data(), sizeof(header));
  }
  return header.checksum;
}

}  // namespace supervisor
