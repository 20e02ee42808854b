#include "shippers/file/file_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace shippers {

namespace {

constexpr std::size_t kRecordBytes = logging::RouterStateLimits::kFileRecordBytes;

std::string_view path_of(const FileRecord& record) {
  const std::size_t bytes =
      std::min<std::size_t>(record.path_bytes, FileRecordLimits::kPathBytes - 1);
  return {record.path.data(), bytes};
}

void publish(FileRecord& record, std::uint32_t sink_id, const std::string& path) {
  // Everything is in place before sink_id makes the record one: a death in between leaves it free.
  std::memset(reinterpret_cast<std::byte*>(&record) + sizeof(std::uint32_t), 0,
              sizeof(FileRecord) - sizeof(std::uint32_t));
  record.path_bytes = static_cast<std::uint32_t>(path.size());
  std::memcpy(record.path.data(), path.data(), path.size());
  record.sink_id.store(sink_id, std::memory_order_release);
}

}  // namespace

FileRecordTable::FileRecordTable(std::span<std::byte> memory,
                                 const std::vector<std::string>& sink_names)
    : memory_(memory), sink_names_(sink_names) {
  ASSERT(memory.size() % kRecordBytes == 0);
  for (std::size_t index = 0; index < memory_.size() / kRecordBytes; ++index) {
    const std::uint32_t id = record(index).sink_id.load(std::memory_order_relaxed);
    const bool living = std::any_of(sink_names_.begin(), sink_names_.end(), [id](const auto& name) {
      return logging::sink_id_of(name) == id;
    });
    if (!living) {
      record(index).sink_id.store(0, std::memory_order_relaxed);
    }
  }
}

FileRecord& FileRecordTable::record(std::size_t index) const {
  return *reinterpret_cast<FileRecord*>(memory_.data() + index * kRecordBytes);
}

base::Result<FileRecord*> FileRecordTable::claim(std::string_view sink_name,
                                                 const std::string& path) {
  if (path.size() >= FileRecordLimits::kPathBytes) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot write {}: a path has at most {} bytes", path,
                                  FileRecordLimits::kPathBytes - 1));
  }
  const std::lock_guard lock(mutex_);
  const std::uint32_t own_id = logging::sink_id_of(sink_name);
  FileRecord* free = nullptr;
  for (std::size_t index = 0; index < memory_.size() / kRecordBytes; ++index) {
    FileRecord& candidate = record(index);
    const std::uint32_t id = candidate.sink_id.load(std::memory_order_relaxed);
    if (id == 0) {
      free = free == nullptr ? &candidate : free;
    } else if (path_of(candidate) == path) {
      if (id == own_id) {
        return &candidate;
      }
      const auto other =
          std::find_if(sink_names_.begin(), sink_names_.end(),
                       [id](const std::string& name) { return logging::sink_id_of(name) == id; });
      return base::fail(
          base::ErrorCode::kExists,
          fmt::format("cannot write {} from sink {}: sink {} writes it already; give one of them "
                      "another path",
                      path, sink_name, other == sink_names_.end() ? "?" : *other));
    }
  }
  if (free == nullptr) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot write {}: {} files are open already", path, used()));
  }
  publish(*free, own_id, path);
  return free;
}

std::size_t FileRecordTable::used() const {
  std::size_t count = 0;
  for (std::size_t index = 0; index < memory_.size() / kRecordBytes; ++index) {
    count += record(index).sink_id.load(std::memory_order_relaxed) != 0 ? 1U : 0U;
  }
  return count;
}

}  // namespace shippers
