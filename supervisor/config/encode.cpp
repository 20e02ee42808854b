#include "supervisor/config/encode.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/codec.h"

namespace supervisor {
namespace {

base::Result<std::size_t> file_bytes(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return base::fail_errno("cannot look at the configuration's memory file");
  }
  return static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
}

base::Result<void> write_at(int fd, std::span<const std::byte> bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return base::fail_errno("cannot write the configuration's memory file");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::size_t>(count);
  }
  return {};
}

base::Result<void> read_at(int fd, std::span<std::byte> bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return base::fail_errno("cannot read the configuration's memory file");
    }
    if (count == 0) {
      return base::fail(base::ErrorCode::kDamaged,
                        "cannot read the configuration's memory file: it is too short");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace

std::vector<std::byte> encode_config(const Config& config) {
  return base::Encoder::encode(config);
}

base::Result<Config> decode_config(std::span<const std::byte> bytes) {
  TRY_ASSIGN(Config config, base::Decoder::decode<Config>(bytes));
  for (auto& [name, service] : config.services) {
    service.name = name;
  }
  for (auto& [name, sink] : config.sinks) {
    sink.name = name;
  }
  return config;
}

base::Result<void> write_config(int memory_fd, const Config& config) {
  const std::vector<std::byte> content = encode_config(config);
  const std::uint64_t length = content.size();
  TRY_ASSIGN(const std::size_t room, file_bytes(memory_fd));
  if (content.size() + sizeof(length) > room) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot hand over the configuration: its {} bytes do not fit "
                                  "into the {} that are there",
                                  content.size(), room));
  }
  TRY(write_at(memory_fd, std::as_bytes(std::span(&length, 1)), 0));
  return write_at(memory_fd, content, sizeof(length));
}

base::Result<Config> read_config(int memory_fd) {
  std::uint64_t length = 0;
  TRY(read_at(memory_fd, std::as_writable_bytes(std::span(&length, 1)), 0));
  TRY_ASSIGN(const std::size_t room, file_bytes(memory_fd));
  if (room < sizeof(length) || length > room - sizeof(length)) {
    return base::fail(base::ErrorCode::kDamaged,
                      fmt::format("cannot read the configuration: its length {} is beyond the "
                                  "memory file's {} bytes",
                                  length, room));
  }
  std::vector<std::byte> content(length);
  TRY(read_at(memory_fd, content, sizeof(length)));
  return decode_config(content);
}

}  // namespace supervisor
