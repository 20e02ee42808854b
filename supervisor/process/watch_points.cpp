#include "supervisor/process/watch_points.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace supervisor {

namespace {

constexpr std::uint32_t kNames = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t kContent = IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint64_t kFnvOffset = 14'695'981'039'346'656'037U;
constexpr std::uint64_t kFnvPrime = 1'099'511'628'211U;

void push_front(std::deque<std::string>& words, std::string_view path) {
  const auto parts = base::split(path, '/');
  words.insert(words.begin(), parts.begin(), parts.end());
}

std::string join(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

std::string parent(const std::string& directory) {
  const std::size_t slash = directory.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : directory.substr(0, slash);
}

std::optional<std::string> read_link(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return length < 0 ? std::nullopt
                    : std::optional(std::string(target.data(), static_cast<std::size_t>(length)));
}

void mix(std::uint64_t& hash, std::uint64_t value) {
  for (int byte = 0; byte < 8; ++byte) {
    hash = (hash ^ (value & 0xffU)) * kFnvPrime;
    value >>= 8U;
  }
}

void mix(std::uint64_t& hash, const struct stat& status) {
  mix(hash, status.st_dev);
  mix(hash, status.st_ino);
  mix(hash, static_cast<std::uint64_t>(status.st_size));
  mix(hash, static_cast<std::uint64_t>(status.st_mtim.tv_sec));
  mix(hash, static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

void mix_entries(std::uint64_t& hash, const std::string& path) {
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir(path.c_str()));
  std::vector<std::string> names;
  while (directory != nullptr && names.size() < WatchLimits::kEntriesMax) {
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) {
      break;
    }
    names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  for (const std::string& name : names) {
    struct stat status {};
    if (name != "." && name != ".." && ::stat(join(path, name).c_str(), &status) == 0) {
      std::ranges::for_each(name, [&](char c) { mix(hash, static_cast<unsigned char>(c)); });
      mix(hash, status);
    }
  }
}

}  // namespace

std::vector<WatchPoint> find_watch_points(const std::string& path) {
  std::vector<WatchPoint> points;
  std::string directory = "/";
  std::deque<std::string> rest;
  push_front(rest, path);
  int links = 0;
  while (!rest.empty()) {
    const std::string name = rest.front();
    rest.pop_front();
    if (name.empty() || name == ".") {
      continue;
    }
    if (name == "..") {
      directory = parent(directory);
      continue;
    }
    const std::string here = join(directory, name);
    const bool is_last = std::ranges::all_of(rest, &std::string::empty);
    struct stat status {};
    const bool is_there = ::lstat(here.c_str(), &status) == 0;
    const bool is_link = is_there && S_ISLNK(status.st_mode);
    if (!is_there || is_link || is_last) {
      points.push_back({directory, name, kNames | IN_DELETE_SELF | IN_MOVE_SELF});
    }
    if (is_link) {
      const std::optional<std::string> target = read_link(here);
      if (!target || ++links > WatchLimits::kLinksMax) {
        break;
      }
      push_front(rest, *target);
      directory = target->starts_with('/') ? "/" : directory;
      continue;
    }
    if (!is_there) {
      break;
    }
    if (!S_ISDIR(status.st_mode)) {
      points.push_back({here, "", kContent});
      break;
    }
    directory = here;
    if (is_last) {
      points.push_back({here, "", kNames | kContent});
    }
  }
  return points;
}

std::uint64_t fingerprint(const std::vector<std::string>& paths) {
  std::uint64_t hash = kFnvOffset;
  for (const std::string& path : paths) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      mix(hash, 0);
      continue;
    }
    mix(hash, status);
    if (S_ISDIR(status.st_mode)) {
      mix_entries(hash, path);
    }
  }
  return hash;
}

WatchedPaths watch_paths(int inotify_fd, const std::vector<std::string>& paths) {
  WatchedPaths watched;
  watched.former = fingerprint(paths);
  for (const std::string& path : paths) {
    for (const WatchPoint& point : find_watch_points(path)) {
      const int descriptor =
          ::inotify_add_watch(inotify_fd, point.path.c_str(), point.mask | IN_MASK_ADD);
      if (descriptor >= 0) {
        watched.watches.push_back({descriptor, point.name});
      } else {
        watched.error =
            base::fail_errno(fmt::format("cannot watch {}", point.path)).value().message;
      }
    }
  }
  watched.fingerprint = fingerprint(paths);
  return watched;
}

}  // namespace supervisor
