#include "shippers/file/archive_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/crash_point.h"
#include "shippers/file/archive_command.h"
#include "shippers/file/gzip_file.h"

namespace shippers {

namespace {

constexpr std::uint32_t kPackingMode = 0600;  // until it has the archive's own

bool is_ended_early(const base::Error& error) {
  return error.code == base::ErrorCode::kUnavailable;
}

}  // namespace

ArchiveKeeper::ArchiveKeeper(const logging::RotateConfig& rules,
                             std::unique_ptr<base::FileSystem> files,
                             logging::BackgroundThread& background, std::function<void()> wake)
    : rules_(rules), files_(std::move(files)), background_(background), wake_(std::move(wake)) {}

void ArchiveKeeper::tidy(const ArchiveNames& names) {
  if (rules_.compress == logging::ArchiveCompress::kGzip) {
    post_tidy(names, std::nullopt);
  }
}

void ArchiveKeeper::take_new(const ArchiveNames& names, const std::string& path) {
  if (rules_.command.empty()) {
    tidy(names);
    return;
  }
  const auto status = files_->status(path);
  if (!status) {
    return;  // pruned at once: keep = 0
  }
  {
    const std::scoped_lock lock(mutex_);
    if (commands_waiting_ == ArchiveKeeperLimits::kCommandsWaiting) {
      trouble_ = base::Error{
          .code = base::ErrorCode::kLimit,
          .message = fmt::format("cannot run rotate.command for {}: {} are waiting already", path,
                                 commands_waiting_)};
      return;
    }
    ++commands_waiting_;
  }
  if (rules_.compress == logging::ArchiveCompress::kGzip) {
    post_tidy(names, status->identity);
  } else {
    post_command(names, status->identity);
  }
}

void ArchiveKeeper::post_tidy(const ArchiveNames& names, std::optional<Identity> told) {
  if (!told) {
    const std::scoped_lock lock(mutex_);
    if (!waiting_.insert(names.path_of(names.file_name())).second) {
      return;
    }
  }
  background_.post([this, names, told] { run_tidy(names, told); });
}

void ArchiveKeeper::run_tidy(const ArchiveNames& names, std::optional<Identity> told) {
  if (!told) {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(names.path_of(names.file_name()));
  }
  if (const auto packed = pack_all(names, told); !packed && !is_ended_early(packed.error())) {
    note(packed.error());
  }
  if (told) {
    post_command(names, *told);
  }
}

/// Where it packs the archive that `told` names, `told` is the packed one's identity afterwards.
base::Result<void> ArchiveKeeper::pack_all(const ArchiveNames& names,
                                           std::optional<Identity>& told) {
  TRY_ASSIGN(const std::vector<std::string> all, files_->list(names.directory()));
  std::vector<Archive> archives;
  for (const std::string& name : all) {
    if (names.is_packing_rest(name)) {
      TRY(files_->remove(names.path_of(name)));
    }
    if (auto archive = names.parse(name); archive && !archive->packed) {
      archives.push_back(*std::move(archive));
    }
  }
  std::ranges::sort(archives, {}, &Archive::age_key);
  for (const Archive& archive : archives) {
    const auto before = files_->status(names.path_of(archive.name));
    if (!before || background_.is_stopping()) {
      continue;
    }
    const auto packed = pack(names, archive);
    if (!packed && !is_ended_early(packed.error())) {
      return tl::unexpected(packed.error());
    }
    if (packed && told == before->identity) {
      told = *packed;
    }
  }
  return {};
}

base::Result<ArchiveKeeper::Identity> ArchiveKeeper::pack(const ArchiveNames& names,
                                                          const Archive& archive) {
  const std::string path = names.path_of(archive.name);
  const auto source = files_->open_read(path);
  if (!source) {
    // Deleted or shifted since it was listed; the next tidy finds it under its new name.
    return base::fail(base::ErrorCode::kUnavailable, source.error().message);
  }
  TRY_ASSIGN(base::FileStatus status, files_->status(source->get()));
  const std::string packing_path = path + std::string(ArchiveNames::kPackingSuffix);
  const auto bytes = write_packed(packing_path, *source, status);
  if (!bytes) {
    static_cast<void>(files_->remove(packing_path));
    return base::with_context(fmt::format("cannot pack {}", path), bytes.error());
  }
  status.size = *bytes;
  const auto exchanged = exchange(names, packing_path, status);
  if (!exchanged) {
    static_cast<void>(files_->remove(packing_path));
  }
  return exchanged;
}

base::Result<std::uint64_t> ArchiveKeeper::write_packed(const std::string& path,
                                                        const base::Fd& source,
                                                        const base::FileStatus& status) {
  TRY_ASSIGN(const base::Fd target, files_->open_append(path, kPackingMode));
  base::crash_point("gzip.made");
  TRY_ASSIGN(const std::uint64_t bytes, gzip_file(*files_, source.get(), target.get(),
                                                  [this] { return background_.is_stopping(); }));
  base::crash_point("gzip.packed");
  TRY_ASSIGN(const base::FileStatus made, files_->status(target.get()));
  if (made.uid != status.uid || made.gid != status.gid) {
    TRY(files_->set_owner(target.get(), {.uid = status.uid, .gid = status.gid}));
  }
  TRY(files_->set_mode(target.get(), status.mode));
  TRY(files_->set_modified(target.get(), status.modified_ns));
  TRY(files_->sync(target.get()));
  return bytes;
}

/// Puts the packed file in the archive's place, under the name that the archive has by now.
base::Result<ArchiveKeeper::Identity> ArchiveKeeper::exchange(const ArchiveNames& names,
                                                              const std::string& packing_path,
                                                              const base::FileStatus& packed_from) {
  const std::scoped_lock lock(archives_lock_);
  TRY_ASSIGN(const auto name, find_archive(names, packed_from.identity));
  if (!name) {
    return base::fail(base::ErrorCode::kUnavailable, "cannot pack: the archive is gone");
  }
  const std::string path = names.path_of(*name);
  TRY_ASSIGN(const base::FileStatus now, files_->status(path));
  if (now.size != packed_from.size) {
    return base::fail(base::ErrorCode::kUnavailable, "cannot pack: the archive has grown");
  }
  const std::string packed_path = path + std::string(ArchiveNames::kPackedSuffix);
  TRY(files_->rename(packing_path, packed_path));
  base::crash_point("gzip.renamed");
  TRY(files_->remove(path));
  base::crash_point("gzip.done");
  TRY_ASSIGN(const base::FileStatus packed, files_->status(packed_path));
  return packed.identity;
}

base::Result<std::optional<std::string>> ArchiveKeeper::find_archive(const ArchiveNames& names,
                                                                     const Identity& identity) {
  TRY_ASSIGN(const std::vector<std::string> all, files_->list(names.directory()));
  for (const std::string& name : all) {
    if (!names.parse(name)) {
      continue;
    }
    const auto status = files_->status(names.path_of(name));
    if (status && status->identity == identity) {
      return name;
    }
  }
  return std::nullopt;
}

void ArchiveKeeper::post_command(const ArchiveNames& names, const Identity& archive) {
  commands_.post([this, names, archive] { run_command(names, archive); });
}

void ArchiveKeeper::run_command(const ArchiveNames& names, const Identity& archive) {
  {
    const std::scoped_lock lock(mutex_);
    --commands_waiting_;
  }
  const auto name = find_archive(names, archive);
  if (!name) {
    note(name.error());
    return;
  }
  if (!*name) {
    return;  // deleted before its turn came: keep is small
  }
  const auto ran = run_archive_command(rules_.command, names.path_of(**name), commands_.stop_fd());
  if (!ran) {
    note(ran.error());
  }
}

void ArchiveKeeper::note(const base::Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    trouble_ = error;
  }
  wake_();
}

std::optional<base::Error> ArchiveKeeper::take_trouble() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(trouble_, std::nullopt);
}

}  // namespace shippers
