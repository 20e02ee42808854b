#include "shippers/file/unpack_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "base/file_system.h"
#include "shippers/file/archive_names.h"

namespace shippers {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{128} << 10U;

using Identity = std::pair<dev_t, ino_t>;

std::optional<struct stat> look_at(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

std::optional<Identity> identity_of(const base::Fd& fd) {
  struct stat status {};
  return fd.valid() && ::fstat(fd.get(), &status) == 0
             ? std::optional<Identity>({status.st_dev, status.st_ino})
             : std::nullopt;
}

base::Fd open_to_read(const std::string& path) {
  return base::Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
}

/// The archives of `path`, the oldest first.
std::vector<std::string> find_archives(const std::string& path) {
  constexpr std::array kNamings{logging::ArchiveNaming::kTai64n, logging::ArchiveNaming::kTimestamp,
                                logging::ArchiveNaming::kNumber};
  const std::vector<std::string> all = base::RealFileSystem()
                                           .list(ArchiveNames(path, path, kNamings[0]).directory())
                                           .value_or(std::vector<std::string>());
  std::vector<std::string> paths;
  for (const logging::ArchiveNaming naming : kNamings) {
    const ArchiveNames names(path, path, naming);
    std::vector<Archive> archives;
    for (const std::string& name : all) {
      if (auto archive = names.parse(name)) {
        archives.push_back(*std::move(archive));
      }
    }
    std::ranges::sort(archives, [](const Archive& left, const Archive& right) {
      return std::pair(left.age_key, right.packed) < std::pair(right.age_key, left.packed);
    });
    std::string_view key;  // packed just now: x stands beside x.gz for a moment
    for (const Archive& archive : archives) {
      if (paths.empty() || archive.age_key != key) {
        paths.push_back(names.path_of(archive.name));
      }
      key = archive.age_key;
    }
  }
  return paths;
}

/// What was packed since its name was read lies beside it.
base::Fd open_archive(const std::string& path) {
  base::Fd fd = open_to_read(path);
  return fd.valid() ? std::move(fd) : open_to_read(path + std::string(ArchiveNames::kPackedSuffix));
}

/// Whether `out` wants more.
base::Result<bool> write_all(int out, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = ::write(out, data, bytes);
    if (written < 0 && errno == EPIPE) {
      return false;
    }
    if (written < 0 && errno != EINTR) {
      return base::fail_errno("cannot write what the files hold");
    }
    data += std::max<ssize_t>(written, 0);
    bytes -= static_cast<std::size_t>(std::max<ssize_t>(written, 0));
  }
  return true;
}

struct Closer {
  void operator()(gzFile file) const { ::gzclose(file); }
};

/// A file that is not packed comes through as it is. Whether `out` wants more.
base::Result<bool> unpack_one(base::Fd source, int out) {
  const std::unique_ptr<gzFile_s, Closer> file{::gzdopen(source.get(), "rb")};
  if (!file) {
    return base::fail(base::ErrorCode::kLimit, "cannot read an archive: no memory");
  }
  static_cast<void>(source.release());  // gzclose closes it
  std::string block(kBlockBytes, '\0');
  while (true) {
    const int got = ::gzread(file.get(), block.data(), static_cast<unsigned>(block.size()));
    if (got > 0) {
      TRY_ASSIGN(const bool wanted, write_all(out, block.data(), static_cast<std::size_t>(got)));
      if (!wanted) {
        return false;
      }
      continue;
    }
    int code = Z_OK;
    const char* why = ::gzerror(file.get(), &code);
    if (got < 0 || code != Z_OK) {
      return base::fail(base::ErrorCode::kDamaged,
                        fmt::format("cannot unpack an archive: {}", why));
    }
    return true;
  }
}

}  // namespace

base::Result<std::vector<base::Fd>> open_log(const std::string& given) {
  const auto status = look_at(given);
  const std::string path = status && S_ISDIR(status->st_mode) ? given + "/current" : given;
  base::Fd current = open_to_read(path);
  if (!current.valid() && errno != ENOENT) {
    return base::fail_errno(fmt::format("cannot read {}", path));
  }
  const auto own = identity_of(current);
  std::vector<base::Fd> files;
  if (!path.ends_with(ArchiveNames::kPackedSuffix)) {
    for (const std::string& archive : find_archives(path)) {
      base::Fd fd = open_archive(archive);
      if (fd.valid() && identity_of(fd) != own) {
        files.push_back(std::move(fd));
      }
    }
  }
  if (current.valid()) {
    files.push_back(std::move(current));
  }
  if (files.empty()) {
    return base::fail(
        base::ErrorCode::kNotFound,
        fmt::format("cannot read {}: there is no such file, nor an archive of it", path));
  }
  return files;
}

base::Result<void> unpack_log(const std::string& path, int out) {
  TRY_ASSIGN(auto files, open_log(path));
  std::optional<base::Error> first;
  for (base::Fd& file : files) {
    const auto wanted = unpack_one(std::move(file), out);
    if (wanted && !*wanted) {
      return {};
    }
    if (!wanted && !first) {
      first = base::with_context(path, wanted.error()).value();
    }
  }
  return first ? tl::unexpected(*std::move(first)) : base::Result<void>{};
}

}  // namespace shippers
