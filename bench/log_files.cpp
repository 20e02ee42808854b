#include "bench/log_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <tuple>

#include "base/fd.h"
#include "base/text.h"

namespace bench {

namespace {

constexpr std::size_t kReadBytes = 1U << 20U;
constexpr std::uint64_t kLargestRotationNumber = 1'000'000;  // above: a time stamp

/// `name` was rotated away from `live`: "app.log.1" and "app.log-2024" from "app.log".
bool is_archive_of(std::string_view name, std::string_view live) {
  return name.size() > live.size() + 1 && name.starts_with(live) &&
         (name[live.size()] == '.' || name[live.size()] == '-');
}

/// Of "app.log.2" from "app.log", but not of "app.log.2024-01-02.2".
std::optional<std::uint64_t> rotation_number(std::string_view name, std::string_view stem) {
  if (name.size() <= stem.size() + 1) {
    return std::nullopt;
  }
  const auto number = base::parse_decimal(name.substr(stem.size() + 1));
  return number && *number < kLargestRotationNumber ? number : std::nullopt;
}

/// Sorts as the age does: stem, live files last, then numbers from high to low, then names.
struct Age {
  std::string stem;
  bool live = false;
  std::uint64_t newness = 0;
  std::string name;

  auto tied() const { return std::tie(stem, live, newness, name); }
  bool operator<(const Age& other) const { return tied() < other.tied(); }
};

Age age_of(const std::string& name, const std::vector<std::string>& names) {
  if (name == "current" || name.starts_with("@")) {  // svlogd, multilog, s6-log
    return {"current", name == "current", 0, name};
  }
  std::string stem = name;
  for (const std::string& other : names) {
    if (is_archive_of(name, other) && other.size() < stem.size()) {
      stem = other;
    }
  }
  const auto number = rotation_number(name, stem);
  return {stem, stem == name, number ? kLargestRotationNumber - *number : 0, name};
}

class LineSplitter {
 public:
  explicit LineSplitter(const LineHandler& on_line) : on_line_(on_line) {}

  void add(std::string_view text) {
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      hand_over(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    rest_.append(text);
  }

  void finish() {
    if (!rest_.empty()) {
      on_line_(rest_);
      rest_.clear();
    }
  }

 private:
  void hand_over(std::string_view end_of_line) {
    if (rest_.empty()) {
      on_line_(end_of_line);
      return;
    }
    rest_.append(end_of_line);
    on_line_(rest_);
    rest_.clear();
  }

  const LineHandler& on_line_;
  std::string rest_;
};

base::Result<void> feed(int fd, LineSplitter& splitter) {
  std::string buffer(kReadBytes, '\0');
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got == 0) {
      return {};
    }
    if (got > 0) {
      splitter.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    } else if (errno != EINTR) {
      return base::fail_errno("cannot read");
    }
  }
}

bool is_skipped(const std::string& name) {
  return name.starts_with(".") || name == "lock" || name == "state";
}

}  // namespace

std::vector<std::string> in_rotation_order(std::vector<std::string> names) {
  std::vector<Age> ages;
  ages.reserve(names.size());
  for (const std::string& name : names) {
    ages.push_back(age_of(name, names));
  }
  std::sort(ages.begin(), ages.end());
  std::transform(ages.begin(), ages.end(), names.begin(), [](const Age& age) { return age.name; });
  return names;
}

base::Result<std::vector<std::vector<std::string>>> find_log_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_regular_file(path, error)) {
    return std::vector<std::vector<std::string>>{{path}};
  }
  std::map<std::string, std::vector<std::string>> by_directory;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!it->is_regular_file() || is_skipped(name)) {
      continue;
    }
    if (name.ends_with(".gz")) {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("cannot check {}: it is compressed; give it by a pipe from "
                                    "`gzip -dc`",
                                    it->path().string()));
    }
    by_directory[it->path().parent_path().string()].push_back(name);
  }
  if (error) {
    return base::fail_errno("cannot list " + path, error.value());
  }
  std::vector<std::vector<std::string>> groups;
  for (auto& [directory, names] : by_directory) {
    names = in_rotation_order(std::move(names));
    for (std::string& name : names) {
      name.insert(0, directory + "/");
    }
    groups.push_back(std::move(names));
  }
  return groups;
}

base::Result<void> read_lines(const std::vector<std::string>& files, const LineHandler& on_line) {
  LineSplitter splitter(on_line);
  for (const std::string& path : files) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
      return base::fail_errno("cannot open " + path);
    }
    if (auto done = feed(file.get(), splitter); !done) {
      return base::with_context(path, std::move(done).error());
    }
  }
  splitter.finish();
  return {};
}

base::Result<void> read_lines(int fd, const LineHandler& on_line) {
  LineSplitter splitter(on_line);
  TRY(feed(fd, splitter));
  splitter.finish();
  return {};
}

}  // namespace bench
