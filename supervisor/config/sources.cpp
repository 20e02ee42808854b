#include "supervisor/config/sources.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/fd.h"
#include "base/text.h"

namespace supervisor {
namespace {

constexpr std::string_view kSetVariable = "BIRL_SET";
constexpr std::array<std::string_view, 6> kKnownVariables{"BIRL_CONFIG",   kSetVariable,
                                                          "BIRL_SOCKET",   "BIRL_SERVICE",
                                                          "BIRL_INSTANCE", "BIRL_ENVIRONMENT"};
constexpr std::array<std::string_view, 2> kKnownPrefixes{"BIRL_SET_", "BIRL_DEBUG_"};

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_absent(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 && errno == ENOENT;
}

bool is_known_variable(std::string_view name) {
  const auto begins_name = [name](std::string_view prefix) { return name.starts_with(prefix); };
  return std::ranges::find(kKnownVariables, name) != kKnownVariables.end() ||
         std::ranges::any_of(kKnownPrefixes, begins_name);
}

class SourceReader {
 public:
  explicit SourceReader(Problems& problems) : problems_(problems) {}

  void add_path(const std::string& path) {
    if (is_directory(path)) {
      add_directory(path);
    } else {
      add_file(path);
    }
  }
  void add_path_if_there(const std::string& path) {
    if (!is_absent(path)) {
      add_path(path);
    }
  }
  void add_variables(const Environment& environment) {
    for (const auto& [name, value] : environment) {  // a map: byte order
      if (name == kSetVariable || name.starts_with(kKnownPrefixes[0])) {
        add_text({name, value});
      }
    }
  }
  [[nodiscard]] std::vector<SourceText> take() { return std::move(sources_); }

 private:
  void add_directory(const std::string& path) {
    std::vector<std::string> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (name.ends_with(".toml") && !name.starts_with('.')) {
        files.push_back(entry->path().string());
      }
    }
    if (error) {
      problems_.error({path, 0, 0}, fmt::format("cannot read the directory: {}", error.message()));
    }
    std::ranges::sort(files);
    std::ranges::for_each(files, [&](const std::string& file) { add_file(file); });
  }
  void add_file(const std::string& path) {
    auto text = read_text_file(path, LoadLimits::kFileBytesMax);
    if (!text) {
      problems_.error({path, 0, 0}, text.error().message);
      return;
    }
    add_text({path, *std::move(text)});
  }
  void add_text(SourceText source) {
    if (sources_.size() == LoadLimits::kSourcesMax) {
      problems_.error({source.name, 0, 0},
                      fmt::format("cannot read more than {} files", LoadLimits::kSourcesMax));
    }
    if (sources_.size() < LoadLimits::kSourcesMax) {
      sources_.push_back(std::move(source));
    }
  }

  Problems& problems_;
  std::vector<SourceText> sources_;
};

base::Result<void> append_content(int fd, std::size_t bytes_max, std::string& content) {
  std::array<char, 65'536> buffer{};
  for (;;) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      return base::fail_errno("cannot read");
    }
    if (count == 0) {
      return {};
    }
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (content.size() > bytes_max) {
      return base::fail(base::ErrorCode::kLimit, fmt::format("cannot read more than {} of it",
                                                             base::format_bytes(bytes_max)));
    }
  }
}

}  // namespace

base::Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  // O_NONBLOCK: opening a pipe that nobody writes must not hang; reading one may wait.
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    return base::fail_errno("cannot open");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    return base::fail_errno("cannot open");
  }
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) {
    return base::fail(base::ErrorCode::kInvalid, "cannot read: it is not a file");
  }
  TRY(base::set_nonblocking(file.get(), false));
  std::string content;
  TRY(append_content(file.get(), bytes_max, content));
  return content;
}

std::vector<SourceText> read_sources(const LoadRequest& request, Problems& problems) {
  SourceReader reader(problems);
  if (request.config_paths.empty()) {
    for (const std::string_view part : {"/birl.toml", "/conf.d", "/local.d"}) {
      reader.add_path_if_there(request.etc_directory + std::string(part));
    }
  }
  std::ranges::for_each(request.config_paths,
                        [&](const std::string& path) { reader.add_path(path); });
  const auto listed = request.environment.find("BIRL_CONFIG");
  if (listed != request.environment.end()) {
    for (const std::string_view path : base::split(listed->second, ':')) {
      if (!path.empty()) {
        reader.add_path(std::string(path));
      }
    }
  }
  reader.add_variables(request.environment);
  return reader.take();
}

void check_variables(const Environment& environment, Problems& problems) {
  const std::vector<std::string> known(kKnownVariables.begin(), kKnownVariables.end());
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("BIRL_") || is_known_variable(name)) {
      continue;
    }
    const auto near = base::nearest(name, known);
    problems.warn({}, fmt::format("cannot use the variable {}: it means nothing to birl{}", name,
                                  near ? fmt::format(" (did you mean {}?)", *near) : ""));
  }
}

}  // namespace supervisor
