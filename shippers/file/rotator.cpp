#include "shippers/file/rotator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/text.h"

namespace shippers {

namespace {

constexpr std::uint32_t kCounterMax = 999;
constexpr std::string_view kStampShape = "dddddddd_dddddd_dddZ";  // d: a digit, _: T or a dot

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_stamp(std::string_view text) {
  if (text.size() != kStampShape.size() || text[8] != 'T' || text[15] != '.' ||
      text.back() != 'Z') {
    return false;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (kStampShape[at] == 'd' && !is_digit(text[at])) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string archive_name(std::string_view file_name, std::uint64_t realtime_ms,
                         std::uint32_t counter) {
  std::string stamp = base::format_rfc3339_ms(realtime_ms * base::kNsPerMs);
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return counter == 0 ? fmt::format("{}.{}", file_name, stamp)
                      : fmt::format("{}.{}.{:03}", file_name, stamp, counter);
}

bool is_archive_name(std::string_view file_name, std::string_view name) {
  if (!name.starts_with(file_name)) {
    return false;
  }
  name.remove_prefix(file_name.size());
  if (name.ends_with(".gz")) {
    name.remove_suffix(3);
  }
  if (!name.starts_with('.') || !is_stamp(name.substr(1, kStampShape.size()))) {
    return false;
  }
  name.remove_prefix(1 + kStampShape.size());
  return name.empty() || (name.size() == 4 && name[0] == '.' && is_digit(name[1]) &&
                          is_digit(name[2]) && is_digit(name[3]));
}

Rotator::Rotator(base::FileSystem& files, FileRecord& record, const std::string& path,
                 std::uint32_t keep)
    : files_(files), record_(record), path_(path), keep_(keep) {
  const std::size_t slash = path.rfind('/');
  directory_ = slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  file_name_ = slash == path.npos ? path : path.substr(slash + 1);
}

RotationStep Rotator::step() const {
  return record_.rotation.step.load(std::memory_order_acquire);
}

void Rotator::set_step(RotationStep step) {
  record_.rotation.step.store(step, std::memory_order_release);
}

base::Result<std::string> Rotator::choose_name(std::uint64_t realtime_ns) {
  const std::uint64_t stamp_ms =
      std::max(realtime_ns / base::kNsPerMs, record_.rotation.last_stamp_ms + 1);
  for (std::uint32_t counter = 0; counter <= kCounterMax; ++counter) {
    std::string name = archive_name(file_name_, stamp_ms, counter);
    if (name.size() >= FileRecordLimits::kArchiveBytes) {
      return base::fail(base::ErrorCode::kLimit,
                        fmt::format("cannot rotate {}: its archive's name is too long", path_));
    }
    const auto found = files_.status(directory_ + "/" + name);
    if (!found && found.error().code == base::ErrorCode::kNotFound) {
      record_.rotation.last_stamp_ms = stamp_ms;
      return name;
    }
    if (!found) {
      return tl::unexpected(found.error());
    }
  }
  return base::fail(base::ErrorCode::kExists,
                    fmt::format("cannot rotate {}: every archive name is taken", path_));
}

base::Result<void> Rotator::rename_away(std::uint64_t realtime_ns) {
  ASSERT(step() != RotationStep::kRename);
  TRY_ASSIGN(const std::string name, choose_name(realtime_ns));
  std::memcpy(record_.rotation.archive.data(), name.c_str(), name.size() + 1);
  base::crash_point("rotate.named");
  set_step(RotationStep::kRename);
  base::crash_point("rotate.noted");
  const auto renamed = files_.rename(path_, directory_ + "/" + name);
  if (!renamed) {
    set_step(RotationStep::kNone);
    return renamed;
  }
  base::crash_point("rotate.renamed");
  set_step(RotationStep::kPrune);
  base::crash_point("rotate.rename_done");
  return {};
}

base::Result<void> Rotator::finish_rename() {
  ASSERT(step() == RotationStep::kRename);
  record_.rotation.archive.back() = '\0';
  const auto found = files_.status(path_);
  if (!found && found.error().code != base::ErrorCode::kNotFound) {
    return tl::unexpected(found.error());
  }
  if (found && found->identity == record_.identity) {
    TRY(files_.rename(path_, directory_ + "/" + record_.rotation.archive.data()));
    base::crash_point("rotate.renamed_late");
  }
  set_step(RotationStep::kPrune);
  return {};
}

base::Result<void> Rotator::prune() {
  TRY_ASSIGN(std::vector<std::string> names, files_.list(directory_));
  std::erase_if(names,
                [this](const std::string& name) { return !is_archive_name(file_name_, name); });
  std::sort(names.begin(), names.end());
  const std::size_t excess = names.size() - std::min<std::size_t>(names.size(), keep_);
  for (std::size_t index = 0; index < excess; ++index) {
    const auto removed = files_.remove(directory_ + "/" + names[index]);
    if (!removed && removed.error().code != base::ErrorCode::kNotFound) {
      return removed;
    }
    base::crash_point("rotate.pruned");
  }
  set_step(RotationStep::kNone);
  base::crash_point("rotate.done");
  return {};
}

}  // namespace shippers
