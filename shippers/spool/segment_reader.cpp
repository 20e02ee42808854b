#include "shippers/spool/segment_reader.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace shippers {

namespace {

constexpr std::size_t kSearchBytes = 64 * 1024;

}  // namespace

base::Result<std::size_t> SegmentReader::read_fully(std::uint64_t offset, std::span<char> buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const auto count = files_.read_at(fd_, offset + done, buffer.subspan(done));
    if (!count && count.error().sys_errno == EINTR) {
      continue;
    }
    if (!count) {
      return base::Unexpected(count.error());
    }
    if (*count == 0) {
      break;
    }
    done += *count;
  }
  return done;
}

base::Result<std::optional<SpoolRecord>> SegmentReader::read_at(std::uint64_t offset,
                                                                std::size_t& bytes) {
  SpoolHeader header;
  TRY_ASSIGN(const std::size_t head,
             read_fully(offset, std::span(reinterpret_cast<char*>(&header), sizeof(header))));
  const auto size = head == sizeof(header) ? record_bytes(header) : std::nullopt;
  if (!size) {
    return std::nullopt;
  }
  std::string whole(*size, '\0');
  TRY_ASSIGN(bytes, read_fully(offset, whole));
  if (bytes != *size) {
    return std::nullopt;
  }
  return decode_record(whole);
}

base::Result<std::optional<std::uint64_t>> SegmentReader::find_magic(std::uint64_t offset) {
  std::string chunk(kSearchBytes, '\0');
  const std::string_view magic(reinterpret_cast<const char*>(&kSpoolMagic), sizeof(kSpoolMagic));
  for (;;) {
    TRY_ASSIGN(const std::size_t count, read_fully(offset, chunk));
    const std::size_t found = std::string_view(chunk).substr(0, count).find(magic);
    if (found != std::string_view::npos) {
      return offset + found;
    }
    if (count < chunk.size()) {
      return std::nullopt;
    }
    offset += count - (magic.size() - 1);
  }
}

base::Result<std::optional<SpoolRecord>> SegmentReader::next(std::uint64_t& offset) {
  std::uint64_t at = offset;
  for (;;) {
    std::size_t bytes = 0;
    TRY_ASSIGN(auto record, read_at(at, bytes));
    if (record) {
      offset = at + bytes;
      return record;
    }
    TRY_ASSIGN(const auto found, find_magic(at + 1));
    if (!found) {
      return std::nullopt;
    }
    at = *found;
  }
}

}  // namespace shippers
