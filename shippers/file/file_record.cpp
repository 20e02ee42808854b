#include "shippers/file/file_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace shippers {

namespace {

constexpr std::size_t kRecordBytes = logging::RouterStateLimits::kFileRecordBytes;
constexpr std::uint32_t kNobody = UINT32_MAX;  // being claimed, or given up: free at the next start

void publish(FileRecord& record, std::uint32_t sink_id, const std::string& path) {
  // Everything is in place before sink_id makes the record one: a death in between leaves it free.
  std::memset(reinterpret_cast<std::byte*>(&record) + sizeof(std::uint32_t), 0,
              sizeof(FileRecord) - sizeof(std::uint32_t));
  record.path_bytes = static_cast<std::uint32_t>(path.size());
  std::memcpy(record.path.data(), path.data(), path.size());
  record.sink_id.store(sink_id);
}

}  // namespace

std::string_view path_of(const FileRecord& record) {
  const std::size_t bytes =
      std::min<std::size_t>(record.path_bytes, FileRecordLimits::kPathBytes - 1);
  return {record.path.data(), bytes};
}

FileRecordTable::FileRecordTable(std::span<std::byte> memory,
                                 const std::vector<std::string>& sink_names)
    : memory_(memory), sink_names_(sink_names) {
  ASSERT(memory.size() % kRecordBytes == 0 && memory.size() >= kRecordBytes);
  for (std::size_t index = 0; index < count(); ++index) {
    const std::uint32_t id = record(index).sink_id.load();
    const bool living = std::any_of(sink_names_.begin(), sink_names_.end(), [id](const auto& name) {
      return logging::sink_id_of(name) == id;
    });
    if (!living) {
      record(index).sink_id.store(0);
    }
  }
}

std::atomic<std::uint32_t>& FileRecordTable::ever_used() const {
  return *reinterpret_cast<std::atomic<std::uint32_t>*>(memory_.data());
}

FileRecord& FileRecordTable::record(std::size_t index) const {
  return *reinterpret_cast<FileRecord*>(memory_.data() + (index + 1) * kRecordBytes);
}

std::size_t FileRecordTable::count() const {
  return std::min<std::size_t>(ever_used().load(), limit());
}

std::size_t FileRecordTable::limit() const {
  return memory_.size() / kRecordBytes - 1;
}

bool FileRecordTable::take_one_more() const {
  std::uint32_t used_before = ever_used().load();
  while (used_before < limit()) {
    if (ever_used().compare_exchange_weak(used_before, used_before + 1)) {
      return true;
    }
  }
  return false;
}

FileRecord* FileRecordTable::find(const std::string& path, std::uint32_t sink_id) const {
  for (std::size_t index = 0; index < count(); ++index) {
    FileRecord& candidate = record(index);
    if (candidate.sink_id.load() == sink_id && path_of(candidate) == path) {
      return &candidate;
    }
  }
  return nullptr;
}

const FileRecord* FileRecordTable::find_of_others(const std::string& path,
                                                  std::uint32_t own_id) const {
  for (std::size_t index = 0; index < count(); ++index) {
    const FileRecord& candidate = record(index);
    const std::uint32_t id = candidate.sink_id.load();
    if (id != 0 && id != kNobody && id != own_id && path_of(candidate) == path) {
      return &candidate;
    }
  }
  return nullptr;
}

/// A record that is this caller's alone: marked kNobody until publish().
FileRecord* FileRecordTable::take_free() const {
  do {
    for (std::size_t index = 0; index < count(); ++index) {
      std::uint32_t expected = 0;
      if (record(index).sink_id.compare_exchange_strong(expected, kNobody)) {
        return &record(index);
      }
    }
  } while (take_one_more());
  return nullptr;
}

base::Unexpected FileRecordTable::taken(std::string_view sink_name, const FileRecord& other,
                                        const std::string& path) const {
  const auto name =
      std::find_if(sink_names_.begin(), sink_names_.end(), [&other](const std::string& candidate) {
        return logging::sink_id_of(candidate) == other.sink_id.load();
      });
  return base::fail(
      base::ErrorCode::kExists,
      fmt::format("cannot write {} from sink {}: sink {} writes it already; give one of them "
                  "another path",
                  path, sink_name, name == sink_names_.end() ? "?" : *name));
}

base::Result<FileRecord*> FileRecordTable::claim(std::string_view sink_name,
                                                 const std::string& path) {
  if (path.size() >= FileRecordLimits::kPathBytes) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot write {}: a path has at most {} bytes", path,
                                  FileRecordLimits::kPathBytes - 1));
  }
  const std::uint32_t own_id = logging::sink_id_of(sink_name);
  if (FileRecord* const known = find(path, own_id); known != nullptr) {
    return known;
  }
  if (const FileRecord* const other = find_of_others(path, own_id); other != nullptr) {
    return taken(sink_name, *other, path);
  }
  FileRecord* const made = take_free();
  if (made == nullptr) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("cannot write {}: {} files are open already", path, limit()));
  }
  publish(*made, own_id, path);
  // Both publish before they look (sequentially consistent), so of two at least one sees the other.
  if (const FileRecord* const other = find_of_others(path, own_id); other != nullptr) {
    made->sink_id.store(kNobody);
    return taken(sink_name, *other, path);
  }
  return made;
}

std::vector<FileRecord*> FileRecordTable::of_sink(std::string_view sink_name) const {
  std::vector<FileRecord*> found;
  for (std::size_t index = 0; index < count(); ++index) {
    if (record(index).sink_id.load() == logging::sink_id_of(sink_name)) {
      found.push_back(&record(index));
    }
  }
  return found;
}

std::size_t FileRecordTable::used() const {
  std::size_t used_count = 0;
  for (std::size_t index = 0; index < count(); ++index) {
    used_count += record(index).sink_id.load() != 0 ? 1U : 0U;
  }
  return used_count;
}

}  // namespace shippers
