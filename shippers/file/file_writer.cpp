#include "shippers/file/file_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"

namespace shippers {

namespace {

constexpr std::uint64_t kPathCheckNs = base::kNsPerSecond;
constexpr std::uint64_t kHousekeepingRetryNs = base::kNsPerSecond;
constexpr std::uint32_t kDirectoryMode = 0755;

bool is_not_found(const base::Error& error) {
  return error.code == base::ErrorCode::kNotFound;
}

/// Drops the first `bytes` of what `parts` view.
std::span<iovec> skip(std::span<iovec> parts, std::uint64_t bytes) {
  while (!parts.empty() && bytes >= parts.front().iov_len) {
    bytes -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (!parts.empty()) {
    parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + bytes;
    parts.front().iov_len -= bytes;
  }
  return parts;
}

}  // namespace

FileWriter::FileWriter(base::FileSystem& files, FileRecord& record, const std::string& path,
                       const logging::FileSinkConfig& config)
    : files_(files),
      record_(record),
      path_(path),
      config_(config),
      rotator_(files, record, path, config.rotate.keep) {
  const std::size_t slash = path.rfind('/');
  directory_ = slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

base::Result<void> FileWriter::prepare(std::uint64_t now_ns) {
  ASSERT(!is_pending());
  if (rotator_.step() == RotationStep::kRename) {
    TRY(rotator_.finish_rename());
  }
  if (rotator_.step() == RotationStep::kPrune && now_ns >= prune_again_ns_) {
    prune(now_ns);
  }
  if (file_.valid()) {
    TRY(look_again(now_ns));
  }
  if (!file_.valid()) {
    TRY(open_file(now_ns));
  }
  return resolve_open_line();
}

base::Result<void> FileWriter::look_again(std::uint64_t now_ns) {
  const auto status = files_.status(file_.get());
  if (!status) {
    file_.reset();  // the next try goes by the path
    return tl::unexpected(status.error());
  }
  bool gone = status->links == 0;
  if (!gone && now_ns >= path_checked_ns_ + kPathCheckNs) {
    const auto at_path = files_.status(path_);
    gone = at_path ? at_path->identity != status->identity : is_not_found(at_path.error());
    path_checked_ns_ = now_ns;
  }
  if (gone) {
    file_.reset();
    return {};
  }
  if (status->size < size_) {
    record_.open.state = LineState::kUnknown;
  }
  size_ = status->size;
  return {};
}

base::Result<base::Fd> FileWriter::open_or_make() {
  auto file = files_.open_append(path_, config_.mode.bits);
  if (!file && is_not_found(file.error())) {
    TRY(files_.make_directories(directory_, kDirectoryMode));
    file = files_.open_append(path_, config_.mode.bits);
  }
  return file;
}

base::Result<void> FileWriter::open_file(std::uint64_t now_ns) {
  TRY_ASSIGN(base::Fd file, open_or_make());
  TRY_ASSIGN(const base::FileStatus status, files_.status(file.get()));
  if (status.identity != record_.identity) {
    record_.open.state = LineState::kUnknown;
    record_.identity = status.identity;
  }
  file_ = std::move(file);
  size_ = status.size;
  regular_ = status.regular;
  path_checked_ns_ = now_ns;
  return {};
}

base::Result<void> FileWriter::resolve_open_line() {
  if (regular_ && size_ == 0) {
    record_.open = OpenLine{};
  }
  if (record_.open.state != LineState::kUnknown) {
    return {};
  }
  OpenLine open;
  char last = '\n';
  if (regular_) {
    TRY_ASSIGN(const std::size_t count, files_.read_at(file_.get(), size_ - 1, {&last, 1}));
    open.state = count == 1 && last != '\n' ? LineState::kOpen : LineState::kNone;
  }
  record_.open = open;
  return {};
}

FileRoom FileWriter::room(std::uint64_t now_ns) const {
  const std::uint64_t limit = config_.rotate.size.bytes;
  if (limit == 0 || !regular_ || now_ns < rotate_again_ns_) {
    return {};
  }
  return {.bytes = limit - std::min(limit, size_), .fresh = size_ == 0};
}

base::Result<void> FileWriter::append_all(std::span<iovec> parts) {
  while (!parts.empty()) {
    const auto count = files_.append(file_.get(), parts);
    if (count) {
      size_ += *count;
      parts = skip(parts, *count);
      base::crash_point("file.wrote_part");
    } else if (count.error().sys_errno != EINTR) {
      return base::with_context(path_, count.error());
    }
  }
  return {};
}

base::Result<void> FileWriter::write(Run& run, logging::RingConsumer& consumer) {
  ASSERT(!is_pending() && file_.valid() && run.bytes > 0);
  WriteRecord& record = record_.write;
  record.ring_id = run.ring_id;
  record.from = run.from;
  record.to = run.to;
  record.size_before = size_;
  record.bytes = run.bytes;
  record.open_before = run.open_before;
  record.open_after = run.open_after;
  record.valid.store(1, std::memory_order_release);
  base::crash_point("file.recorded");
  TRY(append_all(run.parts));
  base::crash_point("file.wrote");
  finish(consumer);
  return {};
}

void FileWriter::finish(logging::RingConsumer& consumer) {
  consumer.commit(record_.write.to);
  base::crash_point("file.committed");
  record_.open = record_.write.open_after;
  base::crash_point("file.open_noted");
  record_.write.valid.store(0, std::memory_order_release);
  base::crash_point("file.done");
}

void FileWriter::forget_pending() {
  record_.write.valid.store(0, std::memory_order_release);
  base::crash_point("file.forgotten");
}

bool FileWriter::is_pending() const {
  return record_.write.valid.load(std::memory_order_acquire) != 0;
}

base::Result<void> FileWriter::settle(logging::RingConsumer* consumer) {
  ASSERT(is_pending());
  const WriteRecord& record = record_.write;
  TRY_ASSIGN(const bool found, find_pending_file());
  if (!found || size_ < record.size_before || consumer == nullptr) {
    // Deleted, or cut short with its start copied elsewhere, or the ring is gone: nothing that
    // could be completed.
    record_.open.state = LineState::kUnknown;
    forget_pending();
    return {};
  }
  if (consumer->cursor() == record.to && size_ == record.size_before + record.bytes) {
    finish(*consumer);
    return {};
  }
  if (consumer->cursor() != record.from) {
    return discard_pending();  // given up after block_limit
  }
  const auto frames = consumer->frames_between(record.from, record.to);
  if (!frames) {
    return discard_pending();  // overwritten before it could be completed
  }
  Run run = rebuild_run(*frames, record.ring_id, record.from, record.to, record.open_before);
  return complete(run, *consumer);
}

base::Result<void> FileWriter::complete(Run& run, logging::RingConsumer& consumer) {
  const WriteRecord& record = record_.write;
  const std::uint64_t present = std::min(size_ - record.size_before, run.bytes);
  TRY_ASSIGN(const bool same, holds_start_of(run, present));
  if (!same || run.bytes != record.bytes) {
    TRY(files_.truncate(file_.get(), record.size_before));
    base::crash_point("file.truncated");
    size_ = record.size_before;
    record_.open = record.open_before;
    forget_pending();
    return {};
  }
  TRY(append_all(skip(run.parts, present)));
  base::crash_point("file.completed");
  finish(consumer);
  return {};
}

/// Takes away what the pending write has added: its lines count as dropped.
base::Result<void> FileWriter::discard_pending() {
  const WriteRecord& record = record_.write;
  if (size_ > record.size_before && size_ <= record.size_before + record.bytes) {
    TRY(files_.truncate(file_.get(), record.size_before));
    size_ = record.size_before;
  }
  record_.open = record.open_before;
  if (size_ != record.size_before) {
    record_.open.state = LineState::kUnknown;
  }
  forget_pending();
  return {};
}

base::Result<bool> FileWriter::holds_start_of(const Run& run, std::uint64_t bytes) {
  std::array<char, 16 * 1024> buffer;
  std::uint64_t offset = record_.write.size_before;
  for (const iovec& part : run.parts) {
    const char* expected = static_cast<const char*>(part.iov_base);
    std::size_t left = static_cast<std::size_t>(std::min<std::uint64_t>(part.iov_len, bytes));
    bytes -= left;
    while (left > 0) {
      TRY_ASSIGN(
          const std::size_t count,
          files_.read_at(file_.get(), offset, {buffer.data(), std::min(left, buffer.size())}));
      if (count == 0 || std::memcmp(buffer.data(), expected, count) != 0) {
        return false;
      }
      expected += count;
      offset += count;
      left -= count;
    }
  }
  return true;
}

/// Opens `path` if it is the file that the record speaks of.
base::Result<bool> FileWriter::open_if_recorded(const std::string& path) {
  const auto at_path = files_.status(path);
  if (!at_path && !is_not_found(at_path.error())) {
    return tl::unexpected(at_path.error());
  }
  if (!at_path || at_path->identity != record_.identity) {
    return false;
  }
  TRY_ASSIGN(file_, files_.open_existing(path));
  size_ = at_path->size;
  regular_ = at_path->regular;
  return true;
}

base::Result<bool> FileWriter::find_pending_file() {
  if (file_.valid()) {
    const auto status = files_.status(file_.get());
    if (!status) {
      // Only a handle that is known to be dead is given up: the file may come back.
      if (status.error().sys_errno == ESTALE) {
        file_.reset();
      }
      return tl::unexpected(status.error());
    }
    if (status->links == 0) {
      file_.reset();
    }
    size_ = status->size;
    return file_.valid();
  }
  path_checked_ns_ = 0;  // wherever it is found, the next write looks at the path again
  TRY_ASSIGN(const bool at_path, open_if_recorded(path_));
  if (at_path) {
    return true;
  }
  // Someone may have renamed it (logrotate).
  const auto names = files_.list(directory_);
  if (!names) {
    return is_not_found(names.error()) ? base::Result<bool>(false) : tl::unexpected(names.error());
  }
  for (const std::string& name : *names) {
    TRY_ASSIGN(const bool moved, open_if_recorded(directory_ + "/" + name));
    if (moved) {
      return true;
    }
  }
  return false;
}

base::Result<void> FileWriter::rotate(std::uint64_t now_ns, std::uint64_t realtime_ns) {
  ASSERT(!is_pending() && record_.open.state == LineState::kNone);
  if (!regular_ || size_ == 0) {
    return {};
  }
  const auto renamed = rotator_.rename_away(realtime_ns);
  if (!renamed) {
    rotate_again_ns_ = now_ns + kHousekeepingRetryNs;
    path_checked_ns_ = 0;
    return renamed;
  }
  file_.reset();
  prune(now_ns);
  return {};
}

void FileWriter::prune(std::uint64_t now_ns) {
  if (const auto pruned = rotator_.prune(); !pruned) {
    trouble_ = pruned.error();
    prune_again_ns_ = now_ns + kHousekeepingRetryNs;
  }
}

void FileWriter::reopen() {
  if (!is_pending()) {
    file_.reset();
  }
  path_checked_ns_ = 0;
}

std::optional<base::Error> FileWriter::take_trouble() {
  return std::exchange(trouble_, std::nullopt);
}

}  // namespace shippers
