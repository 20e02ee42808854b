#include "supervisor/process/service_directories.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace supervisor {

using base::Result;

namespace {

constexpr mode_t kNewMode = 0755;
constexpr mode_t kModeBits = 07777;

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool is_missing_right(int error) {
  return error == EPERM || error == EACCES || error == EROFS;
}

class DirectoryMaker {
 public:
  explicit DirectoryMaker(const ServiceDirectories& directories) : directories_(directories) {}

  Result<void> make(const DirectoryConfig& directory) {
    TRY(find_owner(directory));
    TRY(make_parents(directory.path));
    struct stat status {};
    if (::stat(directory.path.c_str(), &status) != 0) {
      return base::fail_errno(fmt::format("cannot make {}", directory.path));
    }
    if (!S_ISDIR(status.st_mode)) {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("cannot make {}: it is a file", directory.path));
    }
    TRY(give(directory.path, status));
    if (directory.mode && (status.st_mode & kModeBits) != directory.mode->bits) {
      TRY(try_right(::chmod(directory.path.c_str(), directory.mode->bits),
                    fmt::format("cannot set the mode of {} to {:04o}", directory.path,
                                directory.mode->bits)));
    }
    return directory.recursive ? give_tree(directory.path) : Result<void>();
  }

  std::vector<std::string> take_notes() { return std::move(notes_); }

 private:
  Result<void> find_owner(const DirectoryConfig& directory) {
    uid_ = directories_.owner != nullptr ? directories_.owner->uid : ::geteuid();
    gid_ = directories_.owner != nullptr ? directories_.owner->gid : ::getegid();
    if (!directory.user.empty()) {
      TRY_ASSIGN(const Account account, base::find_account(directory.user, directories_.accounts));
      uid_ = account.uid;
      gid_ = account.gid;
    }
    if (!directory.group.empty()) {
      TRY_ASSIGN(gid_, base::find_group(directory.group, directories_.accounts));
    }
    return {};
  }

  /// `path` and what is missing above it; umask must not matter.
  static Result<void> make_parents(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
      const std::string part = path.substr(0, slash);
      if (::mkdir(part.c_str(), kNewMode) == 0) {
        ::chmod(part.c_str(), kNewMode);
      } else if (errno != EEXIST && errno != EROFS && errno != EACCES) {
        return base::fail_errno(fmt::format("cannot make {}", part));
      }
      if (slash == std::string::npos) {
        return {};  // one that is read-only may be there already: the caller looks
      }
    }
  }

  Result<void> give(const std::string& path, const struct stat& status) {
    if (status.st_uid == uid_ && status.st_gid == gid_) {
      return {};
    }
    return try_right(::lchown(path.c_str(), uid_, gid_),
                     fmt::format("cannot give {} to {}:{}", path, uid_, gid_));
  }

  Result<void> give_tree(const std::string& path) {
    std::vector<std::string> waiting{path};
    int follow = 0;  // only `path` itself may be a link
    while (!waiting.empty()) {
      const std::string directory = std::move(waiting.back());
      waiting.pop_back();
      TRY(give_content(directory, follow, waiting));
      follow = O_NOFOLLOW;
    }
    return {};
  }

  /// What goes away meanwhile is nobody's. Directories are added to `waiting`.
  Result<void> give_content(const std::string& path, int follow,
                            std::vector<std::string>& waiting) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow);
    const std::unique_ptr<DIR, DirectoryCloser> directory(fd < 0 ? nullptr : ::fdopendir(fd));
    if (directory == nullptr) {
      return errno == ENOENT ? Result<void>() : try_right(-1, fmt::format("cannot read {}", path));
    }
    while (const dirent* entry = ::readdir(directory.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") {
        continue;
      }
      std::string inside = fmt::format("{}/{}", path, name);
      struct stat status {};
      if (::lstat(inside.c_str(), &status) != 0) {
        if (errno != ENOENT) {
          TRY(try_right(-1, fmt::format("cannot look at {}", inside)));
        }
        continue;
      }
      TRY(give(inside, status));
      if (S_ISDIR(status.st_mode)) {
        waiting.push_back(std::move(inside));
      }
    }
    return {};
  }

  Result<void> try_right(int result, const std::string& what) {
    if (result == 0) {
      return {};
    }
    base::Unexpected failure = base::fail_errno(what);
    if (directories_.strict == StrictIdentity::kYes ||
        !is_missing_right(failure.value().sys_errno)) {
      return failure;
    }
    if (notes_.size() < kNotesMax) {
      notes_.push_back(failure.value().message);
    }
    return {};
  }

  static constexpr std::size_t kNotesMax = 8;  // a tree of another's would give one a file

  const ServiceDirectories& directories_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace

Result<std::vector<std::string>> make_service_directories(const ServiceDirectories& directories) {
  DirectoryMaker maker(directories);
  for (const DirectoryConfig& directory : directories.wanted) {
    TRY(maker.make(directory));
  }
  return maker.take_notes();
}

}  // namespace supervisor
