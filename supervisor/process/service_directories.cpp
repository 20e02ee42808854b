#include "supervisor/process/service_directories.h"

#include <fmt/format.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

namespace supervisor {

using base::Result;

namespace {

constexpr mode_t kNewMode = 0755;
constexpr mode_t kModeBits = 07777;

struct TreeCloser {
  void operator()(FTS* tree) const { ::fts_close(tree); }
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
    std::string root = path;
    std::array<char*, 2> paths{root.data(), nullptr};
    const std::unique_ptr<FTS, TreeCloser> tree(
        ::fts_open(paths.data(), FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, nullptr));
    if (tree == nullptr) {
      return base::fail_errno(fmt::format("cannot read {}", path));
    }
    while (const FTSENT* entry = ::fts_read(tree.get())) {
      const bool is_seen = entry->fts_info == FTS_DP;  // a directory, after its content
      const bool is_error =
          entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS;
      if (is_error && entry->fts_errno != ENOENT) {
        errno = entry->fts_errno;
        TRY(try_right(-1, fmt::format("cannot read {}", entry->fts_path)));
      } else if (!is_seen && !is_error) {
        TRY(give(entry->fts_path, *entry->fts_statp));
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
