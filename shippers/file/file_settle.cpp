// The part of FileWriter that makes a pending write whole.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/crash_point.h"
#include "shippers/file/file_writer.h"

namespace shippers {

namespace {

bool is_not_found(const base::Error& error) {
  return error.code == base::ErrorCode::kNotFound;
}

}  // namespace

void FileWriter::forget_pending() {
  record_.write.valid.store(0, std::memory_order_release);
  base::crash_point("file.forgotten");
}

base::Result<void> FileWriter::settle(logging::RingConsumer* consumer, RunFormat* format) {
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
  ASSERT(format != nullptr);
  Run run;
  format->rebuild({.frames = *frames,
                   .ring_id = record.ring_id,
                   .from = record.from,
                   .open = record.open_before,
                   .one_stream = false,
                   .realtime_ns = 0},
                  record.to, run);
  TRY_ASSIGN(const bool completed, complete(run, *consumer));
  if (completed) {
    format->committed();
  }
  return {};
}

/// False: it was taken back, and is to be written again.
base::Result<bool> FileWriter::complete(Run& run, logging::RingConsumer& consumer) {
  const WriteRecord& record = record_.write;
  const std::uint64_t present = std::min(size_ - record.size_before, run.bytes);
  TRY_ASSIGN(const bool same, holds_start_of(run, present));
  if (!same || run.bytes != record.bytes) {
    TRY(files_.truncate(file_.get(), record.size_before));
    base::crash_point("file.truncated");
    size_ = record.size_before;
    record_.open = record.open_before;
    forget_pending();
    return false;
  }
  TRY(append_all(skip_bytes(run.parts, present)));
  base::crash_point("file.completed");
  finish(consumer, run.dropped);
  return true;
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
  const auto names = files_.list(rotator_.names().directory());
  if (!names) {
    return is_not_found(names.error()) ? base::Result<bool>(false) : tl::unexpected(names.error());
  }
  for (const std::string& name : *names) {
    TRY_ASSIGN(const bool moved, open_if_recorded(rotator_.names().path_of(name)));
    if (moved) {
      return true;
    }
  }
  return false;
}

}  // namespace shippers
