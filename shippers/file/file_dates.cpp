// The part of FileSink that takes leave of files: those that a dead router left half written under
// another path, and those of yesterday.
#include <utility>

#include "base/clock.h"
#include "base/crash_point.h"
#include "shippers/file/file_sink.h"

namespace shippers {

/// Once, when all inputs are known: whatever record of this sink has no target is of a path that
/// nobody writes to now.
void FileSink::adopt_strays() {
  if (std::exchange(strays_adopted_, true)) {
    return;
  }
  for (FileRecord* const record : records_.of_sink(name_)) {
    const std::string path(path_of(*record));
    if (targets_.contains(path)) {
      continue;
    }
    const FileWriter::Common common{*files_, config_, owner_, keeper_};
    strays_.push_back(
        std::make_unique<Target>(common, *record, ArchiveNames(path, path, config_.rotate.naming)));
  }
}

/// False while one that holds frames of a ring cannot be completed.
bool FileSink::settle_strays(std::uint64_t now_ns) {
  adopt_strays();
  while (!strays_.empty()) {
    Target& stray = *strays_.back();
    if (stray.writer.is_pending() && !settle_one(stray, now_ns)) {
      return false;
    }
    retire(stray, moment(now_ns));
    strays_.pop_back();
  }
  return true;
}

void FileSink::look_after_archives(const Moment& now) {
  if (std::exchange(archives_seen_, true)) {
    return;
  }
  for (const auto& [path, target] : targets_) {
    target->writer.look_after_archives(now);
  }
}

void FileSink::retire(Target& target, const Moment& now) {
  if (const auto retired = target.writer.retire(now); !retired) {
    note_trouble(retired.error());
  }
  if (const auto trouble = target.writer.take_trouble()) {
    note_trouble(*trouble);
  }
  FileRecordTable::release(target.record);
  base::crash_point("file.retired");
}

void FileSink::follow_date(const Moment& now) {
  if (!path_.names_date() || date_retry_.must_wait(now.monotonic_ns) ||
      now.realtime_ns / base::kNsPerSecond <= date_ns_ / base::kNsPerSecond) {
    return;
  }
  if (path_.dates(now.realtime_ns) == dates_) {
    date_ns_ = now.realtime_ns;
    return;
  }
  for (const auto& [path, target] : targets_) {
    if (target->writer.is_pending()) {
      return;  // completed first, where it was begun
    }
  }
  change_date(now);
}

void FileSink::change_date(const Moment& now) {
  const std::uint64_t date_before_ns = std::exchange(date_ns_, now.realtime_ns);
  Targets old = std::exchange(targets_, {});
  for (auto& [consumer, input] : inputs_) {
    if (const auto found = find_targets(input); !found) {
      // No record is free, or another sink writes there: the old files go on.
      note_trouble(found.error());
      date_retry_.failed(now.monotonic_ns);
      for (const auto& [path, target] : targets_) {
        FileRecordTable::release(target->record);
      }
      targets_ = std::move(old);
      date_ns_ = date_before_ns;
      for (auto& [other_consumer, other] : inputs_) {
        static_cast<void>(find_targets(other));
      }
      return;
    }
  }
  date_retry_.worked();
  dates_ = path_.dates(now.realtime_ns);
  for (const auto& [path, target] : old) {
    retire(*target, now);
  }
}

}  // namespace shippers
