#include "supervisor/config/runtime_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace supervisor {
namespace {

constexpr mode_t kSharedMode = 0755;
constexpr mode_t kPrivateMode = 0700;
constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;

bool is_temporary(const RuntimeDirectoryRequest& request, const std::string& path) {
  return std::any_of(
      request.temporary_directories.begin(), request.temporary_directories.end(),
      [&](const std::string& directory) { return path.starts_with(directory + "/"); });
}

/// Makes the directories above `path`; one that cannot be made shows when `path` itself fails.
void make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    static_cast<void>(::mkdir(path.substr(0, slash).c_str(), kSharedMode));
  }
}

base::Result<struct stat> look_at(const std::string& path, bool follow) {
  struct stat status {};
  const int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) != 0) {
    return base::fail_errno(fmt::format("cannot use {} as the runtime directory", path));
  }
  return status;
}

/// In a directory that everyone can write, what is there may have been put there by anybody.
base::Result<void> check_trusted(const std::string& path, bool temporary, uid_t uid) {
  TRY_ASSIGN(const struct stat status, look_at(path, !temporary));
  const auto refuse = [&](std::string_view why) {
    return base::fail(base::ErrorCode::kPermission,
                      fmt::format("cannot use {} as the runtime directory: {}", path, why));
  };
  if (!S_ISDIR(status.st_mode)) {
    return refuse("it is no directory");
  }
  if (temporary && status.st_uid != uid) {
    return refuse(fmt::format("it belongs to user {}, not {}", status.st_uid, uid));
  }
  if (temporary && (status.st_mode & kWritableByOthers) != 0) {
    return refuse("other users can write it");
  }
  return {};
}

base::Result<void> make_one(const std::string& path, bool temporary, uid_t uid) {
  make_parents(path);
  const mode_t mode = temporary ? kPrivateMode : kSharedMode;
  const bool made = ::mkdir(path.c_str(), mode) == 0;
  if (!made && errno != EEXIST) {
    return base::fail_errno(fmt::format("cannot make the runtime directory {}", path));
  }
  if (made && ::chmod(path.c_str(), mode) != 0) {  // the umask may have taken bits away
    return base::fail_errno(fmt::format("cannot set the mode of {}", path));
  }
  TRY(check_trusted(path, temporary, uid));
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return base::fail_errno(fmt::format("cannot write into the runtime directory {}", path));
  }
  return {};
}

bool has_socket(const std::string& path, bool temporary, uid_t uid) {
  struct stat status {};
  return check_trusted(path, temporary, uid) &&
         ::lstat((path + "/control.sock").c_str(), &status) == 0;
}

}  // namespace

std::vector<std::string> runtime_directory_candidates(const RuntimeDirectoryRequest& request) {
  std::vector<std::string> candidates{request.configured};
  if (request.configured == request.default_directory) {
    if (!request.xdg_runtime_directory.empty()) {
      candidates.push_back(request.xdg_runtime_directory + "/birl");
    }
    for (const std::string& directory : request.temporary_directories) {
      candidates.push_back(fmt::format("{}/birl-{}", directory, request.uid));
    }
  }
  return candidates;
}

base::Result<std::string> make_runtime_directory(const RuntimeDirectoryRequest& request) {
  std::optional<base::Error> first_error;
  for (const std::string& candidate : runtime_directory_candidates(request)) {
    auto made = make_one(candidate, is_temporary(request, candidate), request.uid);
    if (made) {
      return candidate;
    }
    if (first_error) {
      first_error->message += "; " + made.error().message;
    } else {
      first_error = std::move(made).error();
    }
  }
  return tl::unexpected(*std::move(first_error));
}

base::Result<base::Fd> lock_runtime_directory(const std::string& directory) {
  constexpr mode_t kOwnerOnly = 0600;
  const std::string path = directory + "/lock";
  base::Fd lock{
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kOwnerOnly)};
  if (!lock.valid()) {
    return base::fail_errno(fmt::format("cannot open {}", path));
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return base::fail(base::ErrorCode::kExists,
                      fmt::format("cannot run: another birl holds {}; stop it, or set [birl] "
                                  "runtime_directory",
                                  path));
  }
  return lock;
}

std::string find_runtime_directory(const RuntimeDirectoryRequest& request) {
  const std::vector<std::string> candidates = runtime_directory_candidates(request);
  for (const std::string& candidate : candidates) {
    if (has_socket(candidate, is_temporary(request, candidate), request.uid)) {
      return candidate;
    }
  }
  return candidates.front();
}

}  // namespace supervisor
