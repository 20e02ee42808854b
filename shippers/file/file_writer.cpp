#include "shippers/file/file_writer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "shippers/file/file_maker.h"

namespace shippers {

namespace {

constexpr std::uint64_t kPathCheckNs = base::kNsPerSecond;
constexpr std::uint64_t kHousekeepingRetryNs = base::kNsPerSecond;

bool is_not_found(const base::Error& error) {
  return error.code == base::ErrorCode::kNotFound;
}

}  // namespace

std::span<iovec> skip_bytes(std::span<iovec> parts, std::uint64_t bytes) {
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

FileWriter::FileWriter(const Common& common, FileRecord& record, const ArchiveNames& names)
    : files_(common.files),
      config_(common.config),
      owner_(common.owner),
      keeper_(common.keeper),
      record_(record),
      rotator_(common.files, record, names, common.config.rotate, common.keeper.lock()),
      path_(path_of(record)) {}

base::Result<void> FileWriter::prepare(const Moment& now) {
  ASSERT(!is_pending());
  TRY(resume_rotation(now));
  if (file_.valid()) {
    TRY(look_again(now.monotonic_ns));
  }
  if (!file_.valid()) {
    TRY(open_file(now));
  }
  return resolve_open_line();
}

base::Result<void> FileWriter::resume_rotation(const Moment& now) {
  if (rotator_.step() == RotationStep::kRename) {
    TRY(rotator_.finish_rename());
  }
  if (rotator_.step() == RotationStep::kPrune && now.monotonic_ns >= prune_again_ns_) {
    end_rotation(now);
  }
  return {};
}

base::Result<void> FileWriter::retire(const Moment& now) {
  TRY(resume_rotation(now));
  if (file_.valid() && config_.sync != logging::FileSync::kNone) {
    sync(now.monotonic_ns);
  }
  file_.reset();
  return {};
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

base::Result<void> FileWriter::open_file(const Moment& now) {
  TRY_ASSIGN(MadeFile made, make_file(files_, path_, config_.mode.bits, owner_));
  const base::FileStatus& status = made.status;
  if (status.identity != record_.identity) {
    record_.open.state = LineState::kUnknown;
    record_.identity = status.identity;
    record_.rotation.begun_ns =
        status.identity.birth_ns != 0 ? status.identity.birth_ns : status.modified_ns;
  }
  if (made.trouble) {
    trouble_ = std::move(made.trouble);
  }
  file_ = std::move(made.fd);
  size_ = status.size;
  regular_ = status.regular;
  path_checked_ns_ = now.monotonic_ns;
  return {};
}

void FileWriter::look_after_archives(const Moment& now) {
  keeper_.tidy(rotator_.names());
  if (config_.rotate.keep_age || rotator_.names().is_dated()) {
    prune(now);
  }
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
      parts = skip_bytes(parts, *count);
      base::crash_point("file.wrote_part");
    } else if (count.error().sys_errno != EINTR) {
      return base::with_context(path_, count.error());
    }
  }
  return {};
}

base::Result<void> FileWriter::write(Run& run, logging::RingConsumer& consumer, const Moment& now) {
  ASSERT(!is_pending() && file_.valid() && run.bytes > 0);
  if (size_ == 0) {
    record_.rotation.begun_ns = now.realtime_ns;
  }
  if (unsynced_since_ns_ == 0) {
    unsynced_since_ns_ = now.monotonic_ns;
  }
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
  finish(consumer, run.dropped);
  return {};
}

void FileWriter::finish(logging::RingConsumer& consumer, const logging::DropCounts& dropped) {
  consumer.commit(record_.write.to, dropped);
  base::crash_point("file.committed");
  record_.open = record_.write.open_after;
  base::crash_point("file.open_noted");
  record_.write.valid.store(0, std::memory_order_release);
  base::crash_point("file.done");
}

bool FileWriter::is_pending() const {
  return record_.write.valid.load(std::memory_order_acquire) != 0;
}

base::Result<void> FileWriter::rotate(const Moment& now) {
  ASSERT(!is_pending() && record_.open.state == LineState::kNone);
  if (!regular_ || size_ == 0) {
    return {};
  }
  if (config_.sync != logging::FileSync::kNone) {
    sync(now.monotonic_ns);
  }
  const auto renamed = rotator_.rename_away(now.realtime_ns);
  if (!renamed) {
    rotate_again_ns_ = now.monotonic_ns + kHousekeepingRetryNs;
    path_checked_ns_ = 0;
    return renamed;
  }
  file_.reset();
  told_.clear();
  end_rotation(now);
  return {};
}

/// The keeper hears of each archive once, and before it is over: who dies in between tells again.
void FileWriter::end_rotation(const Moment& now) {
  if (std::string archive = rotator_.archive_path(); archive != told_) {
    told_ = std::move(archive);
    keeper_.take_new(rotator_.names(), told_);
  }
  prune(now);
  if (now.monotonic_ns >= prune_again_ns_) {
    rotator_.finish();
    told_.clear();
  }
}

void FileWriter::prune(const Moment& now) {
  const auto expiry = rotator_.prune(now.realtime_ns);
  if (expiry) {
    prune_due_real_ns_ = *expiry;
    prune_again_ns_ = 0;
  } else {
    trouble_ = expiry.error();
    prune_again_ns_ = now.monotonic_ns + kHousekeepingRetryNs;
  }
}

std::uint64_t FileWriter::rotation_due_ns() const {
  if (!config_.rotate.interval || !file_.valid() || !regular_ || size_ == 0) {
    return 0;
  }
  const std::uint64_t interval_ns = config_.rotate.interval->ns;
  return (record_.rotation.begun_ns / interval_ns + 1) * interval_ns;
}

void FileWriter::sync(std::uint64_t now_ns) {
  if (const auto synced = files_.sync(file_.get()); !synced) {
    trouble_ = base::with_context(path_, synced.error()).value();
    unsynced_since_ns_ = now_ns;  // tried again an interval later
    return;
  }
  unsynced_since_ns_ = 0;
}

std::uint64_t FileWriter::tend(const Moment& now) {
  std::uint64_t due_ns = UINT64_MAX;
  if (config_.sync == logging::FileSync::kInterval && file_.valid() && unsynced_since_ns_ != 0) {
    if (now.monotonic_ns >= unsynced_since_ns_ + config_.sync_interval.ns) {
      sync(now.monotonic_ns);
    }
    if (unsynced_since_ns_ != 0) {
      due_ns = unsynced_since_ns_ + config_.sync_interval.ns;
    }
  }
  if (prune_due_real_ns_ != 0 && now.realtime_ns >= prune_due_real_ns_ &&
      now.monotonic_ns >= prune_again_ns_) {
    prune(now);
  }
  if (prune_due_real_ns_ != 0) {
    due_ns = std::min(due_ns, std::max(now.monotonic_at(prune_due_real_ns_), prune_again_ns_));
  }
  return due_ns == UINT64_MAX ? 0 : due_ns;
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
