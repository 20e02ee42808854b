#include "supervisor/process/environment_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/small_file.h"

namespace supervisor {

namespace {

constexpr mode_t kOwnersOnly = 0700;

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, DirectoryCloser>;

bool is_regular(const Directory& directory, const char* name) {
  struct stat status {};
  return ::fstatat(::dirfd(directory.get()), name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(status.st_mode);
}

}  // namespace

base::Result<void> reset_environment_directory(const std::string& path) {
  if (::mkdir(path.c_str(), kOwnersOnly) == 0) {
    return {};
  }
  const Directory directory(errno == EEXIST ? ::opendir(path.c_str()) : nullptr);
  if (directory == nullptr) {
    return base::fail_errno(fmt::format("cannot make {}", path));
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    // A directory in it is nobody's variable and may stay.
    const bool is_entry = name != "." && name != "..";
    if (is_entry && ::unlinkat(::dirfd(directory.get()), entry->d_name, 0) != 0 &&
        errno != EISDIR && errno != ENOENT) {
      return base::fail_errno(fmt::format("cannot empty {}", path));
    }
  }
  return {};
}

base::Result<Environment> read_environment_directory(const std::string& path) {
  const Directory directory(path.empty() ? nullptr : ::opendir(path.c_str()));
  if (directory == nullptr) {
    return path.empty() || errno == ENOENT ? base::Result<Environment>()
                                           : base::fail_errno(fmt::format("cannot read {}", path));
  }
  Environment environment;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    const bool is_variable = name[0] != '.' && name.find('=') == std::string::npos &&
                             is_regular(directory, entry->d_name);
    if (is_variable && environment.size() < EnvironmentLimits::kVariablesMax) {
      TRY_ASSIGN(environment[name], read_environment_value(path + "/" + name));
    }
  }
  return environment;
}

}  // namespace supervisor
