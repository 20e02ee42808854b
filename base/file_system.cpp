#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string_view>

#include "base/clock.h"

namespace base {

namespace {

constexpr std::uint32_t kPermissionBits = 07777;

FileStatus status_from(const struct statx& raw) {
  FileStatus status;
  status.identity.device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
  status.identity.inode = raw.stx_ino;
  if ((raw.stx_mask & STATX_BTIME) != 0) {
    status.identity.birth_ns =
        static_cast<std::uint64_t>(raw.stx_btime.tv_sec) * kNsPerSecond + raw.stx_btime.tv_nsec;
  }
  status.size = raw.stx_size;
  status.links = raw.stx_nlink;
  status.regular = S_ISREG(raw.stx_mode);
  status.mode = raw.stx_mode & kPermissionBits;
  status.uid = raw.stx_uid;
  status.gid = raw.stx_gid;
  status.modified_ns =
      static_cast<std::uint64_t>(raw.stx_mtime.tv_sec) * kNsPerSecond + raw.stx_mtime.tv_nsec;
  return status;
}

/// Where a seccomp filter forbids statx (old container runtimes): no birth time.
FileStatus status_from(const struct stat& raw) {
  FileStatus status;
  status.identity.device = raw.st_dev;
  status.identity.inode = raw.st_ino;
  status.size = static_cast<std::uint64_t>(raw.st_size);
  status.links = static_cast<std::uint32_t>(raw.st_nlink);
  status.regular = S_ISREG(raw.st_mode);
  status.mode = raw.st_mode & kPermissionBits;
  status.uid = raw.st_uid;
  status.gid = raw.st_gid;
  status.modified_ns = static_cast<std::uint64_t>(raw.st_mtim.tv_sec) * kNsPerSecond +
                       static_cast<std::uint64_t>(raw.st_mtim.tv_nsec);
  return status;
}

/// As chown(2) wants it: -1 leaves an id alone.
uid_t uid_of(const FileOwner& owner) {
  return owner.uid.value_or(static_cast<uid_t>(-1));
}
gid_t gid_of(const FileOwner& owner) {
  return owner.gid.value_or(static_cast<gid_t>(-1));
}

bool is_refused_call(int error) {
  return error == ENOSYS || error == EPERM;
}

constexpr unsigned kStatxMask = STATX_BASIC_STATS | STATX_BTIME;
constexpr int kOpenFlags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY;

}  // namespace

Result<Fd> RealFileSystem::open_append(const std::string& path, std::uint32_t mode) {
  Fd file(::open(path.c_str(), kOpenFlags | O_CREAT, mode));
  if (!file.valid()) {
    return fail_errno(fmt::format("cannot open {}", path));
  }
  return file;
}

Result<Fd> RealFileSystem::open_existing(const std::string& path) {
  Fd file(::open(path.c_str(), kOpenFlags));
  if (!file.valid()) {
    return fail_errno(fmt::format("cannot open {}", path));
  }
  return file;
}

Result<Fd> RealFileSystem::open_update(const std::string& path, std::uint32_t mode) {
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, mode));
  if (!file.valid()) {
    return fail_errno(fmt::format("cannot open {}", path));
  }
  return file;
}

Result<Fd> RealFileSystem::open_read(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.valid()) {
    return fail_errno(fmt::format("cannot open {}", path));
  }
  return file;
}

Result<FileStatus> RealFileSystem::status(int fd) {
  struct statx extended {};
  if (::statx(fd, "", AT_EMPTY_PATH, kStatxMask, &extended) == 0) {
    return status_from(extended);
  }
  struct stat plain {};
  if (is_refused_call(errno) && ::fstat(fd, &plain) == 0) {
    return status_from(plain);
  }
  return fail_errno("cannot look at an open file");
}

Result<FileStatus> RealFileSystem::status(const std::string& path) {
  struct statx extended {};
  if (::statx(AT_FDCWD, path.c_str(), 0, kStatxMask, &extended) == 0) {
    return status_from(extended);
  }
  struct stat plain {};
  if (is_refused_call(errno) && ::stat(path.c_str(), &plain) == 0) {
    return status_from(plain);
  }
  return fail_errno(fmt::format("cannot look at {}", path));
}

Result<std::size_t> RealFileSystem::append(int fd, std::span<const iovec> parts) {
  const ssize_t count = ::writev(fd, parts.data(), static_cast<int>(parts.size()));
  if (count < 0) {
    return fail_errno("cannot write");
  }
  if (count == 0) {
    return fail_errno("cannot write", EIO);
  }
  return static_cast<std::size_t>(count);
}

Result<std::size_t> RealFileSystem::read_at(int fd, std::uint64_t offset, std::span<char> buffer) {
  const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
  if (count < 0) {
    return fail_errno("cannot read back");
  }
  return static_cast<std::size_t>(count);
}

Result<void> RealFileSystem::write_at(int fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return fail_errno("cannot write", count == 0 ? EIO : errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> RealFileSystem::truncate(int fd, std::uint64_t size) {
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) {
    return fail_errno("cannot truncate");
  }
  return {};
}

Result<void> RealFileSystem::sync(int fd) {
  if (::fdatasync(fd) != 0) {
    return fail_errno("cannot sync");
  }
  return {};
}

Result<void> RealFileSystem::set_owner(int fd, const FileOwner& owner) {
  if (::fchown(fd, uid_of(owner), gid_of(owner)) != 0) {
    return fail_errno("cannot change the owner");
  }
  return {};
}

Result<void> RealFileSystem::set_mode(int fd, std::uint32_t mode) {
  if (::fchmod(fd, mode) != 0) {
    return fail_errno("cannot change the mode");
  }
  return {};
}

Result<void> RealFileSystem::set_modified(int fd, std::uint64_t realtime_ns) {
  const timespec modified{.tv_sec = static_cast<std::time_t>(realtime_ns / kNsPerSecond),
                          .tv_nsec = static_cast<long>(realtime_ns % kNsPerSecond)};
  const timespec times[2]{{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, modified};
  if (::futimens(fd, times) != 0) {
    return fail_errno("cannot set the time");
  }
  return {};
}

Result<void> RealFileSystem::rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return fail_errno(fmt::format("cannot rename {} to {}", from, to));
  }
  return {};
}

Result<void> RealFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    return fail_errno(fmt::format("cannot remove {}", path));
  }
  return {};
}

Result<void> RealFileSystem::make_directories(const std::string& path, std::uint32_t mode,
                                              const FileOwner& owner) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) == 0) {
      if (!owner.empty() && ::lchown(part.c_str(), uid_of(owner), gid_of(owner)) != 0) {
        // It is usable all the same.
      }
    } else if (errno != EEXIST) {
      // A read-only parent answers EROFS or EACCES for a directory that exists; look before giving
      // up.
      const int error = errno;
      struct stat raw {};
      if (::stat(part.c_str(), &raw) != 0 || !S_ISDIR(raw.st_mode)) {
        return fail_errno(fmt::format("cannot make directory {}", part), error);
      }
    }
    if (end == path.npos) {
      return {};
    }
  }
}

Result<std::vector<std::string>> RealFileSystem::list(const std::string& directory) {
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::opendir(directory.c_str()), close);
  if (stream == nullptr) {
    return fail_errno(fmt::format("cannot list {}", directory));
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != "..") {
      names.emplace_back(name);
    }
  }
  if (errno != 0) {
    return fail_errno(fmt::format("cannot list {}", directory));
  }
  return names;
}

}  // namespace base
