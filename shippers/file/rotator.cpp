#include "shippers/file/rotator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <tuple>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"

namespace shippers {

namespace {

bool is_not_found(const base::Error& error) {
  return error.code == base::ErrorCode::kNotFound;
}

}  // namespace

RotationStep Rotator::step() const {
  return record_.rotation.step.load(std::memory_order_acquire);
}

void Rotator::set_step(RotationStep step) {
  record_.rotation.step.store(step, std::memory_order_release);
}

std::string Rotator::archive_path() const {
  record_.rotation.archive.back() = '\0';
  const char* const name = record_.rotation.archive.data();
  return *name == '\0' ? std::string() : names_.path_of(name);
}

base::Unexpected Rotator::cannot_rotate(base::ErrorCode code, std::string_view why) const {
  return base::fail(code,
                    fmt::format("cannot rotate {}: {}", names_.path_of(names_.file_name()), why));
}

/// Neither the archive nor its packed form exists.
base::Result<bool> Rotator::is_free(const std::string& name) {
  for (const std::string& taken : {name, name + std::string(ArchiveNames::kPackedSuffix)}) {
    const auto found = files_.status(names_.path_of(taken));
    if (found) {
      return false;
    }
    if (!is_not_found(found.error())) {
      return tl::unexpected(found.error());
    }
  }
  return true;
}

base::Result<std::string> Rotator::choose_time(std::uint64_t realtime_ns) {
  const std::uint64_t stamp_ms =
      std::max(realtime_ns / base::kNsPerMs, record_.rotation.last_stamp_ms + 1);
  for (std::uint32_t counter = 0; counter <= ArchiveNames::kCounterMax; ++counter) {
    std::string name = names_.at_time(stamp_ms, counter);
    TRY_ASSIGN(const bool free, is_free(name));
    if (free) {
      record_.rotation.last_stamp_ms = stamp_ms;
      return name;
    }
  }
  return cannot_rotate(base::ErrorCode::kExists, "every archive name is taken");
}

base::Result<std::string> Rotator::choose_name(std::uint64_t realtime_ns) {
  if (names_.numbered(1).size() + ArchiveNames::kPackingSuffix.size() + 64 >
      FileRecordLimits::kArchiveBytes) {
    return cannot_rotate(base::ErrorCode::kLimit, "its archive's name is too long");
  }
  if (names_.naming() != logging::ArchiveNaming::kNumber) {
    return choose_time(realtime_ns);
  }
  TRY(shift_numbers());
  return names_.numbered(1);
}

/// Makes number 1 free.
base::Result<void> Rotator::shift_numbers() {
  TRY_ASSIGN(const std::vector<std::string> names, files_.list(names_.directory()));
  std::map<std::uint32_t, std::vector<Archive>> taken;
  for (const std::string& name : names) {
    if (const auto archive = names_.parse(name); archive && archive->number > 0) {
      taken[archive->number].push_back(*archive);
    }
  }
  std::uint32_t free = 1;
  while (taken.contains(free)) {
    ++free;
  }
  for (std::uint32_t number = free - 1; number > 0; --number) {
    // Where both forms are there, the packed one will be made again (archive_keeper.h).
    std::vector<Archive>& forms = taken[number];
    if (forms.size() > 1) {
      const auto packed = std::ranges::find(forms, true, &Archive::packed);
      ASSERT(packed != forms.end());
      TRY(files_.remove(names_.path_of(packed->name)));
      forms.erase(packed);
    }
    TRY(shift(forms.front()));
  }
  return {};
}

base::Result<void> Rotator::shift(const Archive& archive) {
  const std::string suffix(archive.packed ? ArchiveNames::kPackedSuffix : "");
  TRY(files_.rename(names_.path_of(archive.name),
                    names_.path_of(names_.numbered(archive.number + 1) + suffix)));
  base::crash_point("rotate.shifted");
  return {};
}

base::Result<void> Rotator::rename_away(std::uint64_t realtime_ns) {
  ASSERT(step() != RotationStep::kRename);
  const std::scoped_lock lock(archives_lock_);
  TRY_ASSIGN(const std::string name, choose_name(realtime_ns));
  std::memcpy(record_.rotation.archive.data(), name.c_str(), name.size() + 1);
  base::crash_point("rotate.named");
  set_step(RotationStep::kRename);
  base::crash_point("rotate.noted");
  const auto renamed = files_.rename(names_.path_of(names_.file_name()), names_.path_of(name));
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
  const std::string path = names_.path_of(names_.file_name());
  const auto found = files_.status(path);
  if (!found && !is_not_found(found.error())) {
    return tl::unexpected(found.error());
  }
  if (found && found->identity == record_.identity) {
    TRY(files_.rename(path, archive_path()));
    base::crash_point("rotate.renamed_late");
  }
  set_step(RotationStep::kPrune);
  return {};
}

/// The oldest first.
base::Result<std::vector<ArchiveFile>> Rotator::list_archives() {
  TRY_ASSIGN(const std::vector<std::string> names, files_.list(names_.directory()));
  const bool with_status = is_status_needed(rules_) || names_.is_dated();
  std::vector<ArchiveFile> archives;
  for (const std::string& name : names) {
    const auto archive = names_.parse(name);
    if (!archive) {
      continue;
    }
    ArchiveFile file{.name = name, .age_key = archive->age_key};
    if (with_status) {
      const auto status = files_.status(names_.path_of(name));
      if (!status && is_not_found(status.error())) {
        continue;  // packed, or deleted by somebody, this moment
      }
      if (!status) {
        return tl::unexpected(status.error());
      }
      file.bytes = status->size;
      file.modified_ns = status->modified_ns;
    }
    archives.push_back(std::move(file));
  }
  std::ranges::sort(archives, [this](const ArchiveFile& a, const ArchiveFile& b) {
    const auto key = [this](const ArchiveFile& file) {
      return std::tuple(names_.is_dated() ? file.modified_ns : 0, std::string_view(file.age_key),
                        std::string_view(file.name));
    };
    return key(a) < key(b);
  });
  return archives;
}

base::Result<std::uint64_t> Rotator::prune(std::uint64_t realtime_ns) {
  const std::scoped_lock lock(archives_lock_);
  TRY_ASSIGN(const std::vector<ArchiveFile> archives, list_archives());
  const std::size_t excess = count_excess(archives, rules_, realtime_ns);
  std::optional<base::Error> trouble;
  for (std::size_t index = 0; index < excess; ++index) {
    const auto removed = files_.remove(names_.path_of(archives[index].name));
    if (!removed && !is_not_found(removed.error()) && !trouble) {
      trouble = removed.error();
    }
    base::crash_point("rotate.pruned");
  }
  if (trouble) {
    return tl::unexpected(*trouble);
  }
  return next_expiry_ns(std::span(archives).subspan(excess), rules_);
}

void Rotator::finish() {
  set_step(RotationStep::kNone);
  base::crash_point("rotate.done");
}

}  // namespace shippers
