#include "supervisor/process/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/fd.h"
#include "base/text.h"

namespace supervisor {

namespace {

constexpr std::size_t kFileBytesMax = 1U << 20U;
constexpr int kDepthMax = 16;  // of cgroups that a service made below its own

// Fields of a line of mountinfo; behind a lone "-" comes the type.
constexpr std::size_t kRoot = 3;
constexpr std::size_t kMountPoint = 4;
constexpr std::size_t kFieldsMin = 7;

std::string read_file(const std::string& path) {
  const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t bytes = 0;
  while (file.valid() && text.size() < kFileBytesMax &&
         (bytes = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  return text;
}

std::vector<std::string> list_below(const std::string& directory) {
  const auto close = [](DIR* opened) { ::closedir(opened); };
  const std::unique_ptr<DIR, decltype(close)> opened(::opendir(directory.c_str()), close);
  std::vector<std::string> below;
  while (opened != nullptr) {
    const dirent* entry = ::readdir(opened.get());
    if (entry == nullptr) {
      break;
    }
    const std::string name = &entry->d_name[0];
    if (entry->d_type == DT_DIR && name != "." && name != "..") {
      below.push_back(directory + "/" + name);
    }
  }
  return below;
}

void list_into(const std::string& directory, int depth, std::vector<pid_t>& pids) {
  for (const std::string_view line : base::split(read_file(directory + "/cgroup.procs"), '\n')) {
    if (const auto pid = base::parse_decimal(line)) {
      pids.push_back(static_cast<pid_t>(*pid));
    }
  }
  if (depth < kDepthMax) {
    for (const std::string& below : list_below(directory)) {
      list_into(below, depth + 1, pids);
    }
  }
}

bool remove_tree(const std::string& directory, int depth) {
  if (depth < kDepthMax) {
    for (const std::string& below : list_below(directory)) {
      remove_tree(below, depth + 1);
    }
  }
  return ::rmdir(directory.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

std::optional<std::string> find_own_cgroup(std::string_view cgroup, std::string_view mountinfo) {
  constexpr std::string_view kVersion2 = "0::";
  std::optional<std::string_view> own;
  for (const std::string_view line : base::split(cgroup, '\n')) {
    if (line.starts_with(kVersion2)) {
      own = line.substr(kVersion2.size());
    }
  }
  if (!own || !own->starts_with('/') || own->find("/..") != std::string_view::npos) {
    return std::nullopt;
  }
  for (const std::string_view line : base::split(mountinfo, '\n')) {
    const std::vector<std::string_view> fields = base::split(line, ' ');
    if (fields.size() < kFieldsMin || line.find(" - cgroup2 ") == std::string_view::npos) {
      continue;
    }
    const std::string_view root = fields[kRoot] == "/" ? "" : fields[kRoot];
    const bool is_below =
        own->starts_with(root) && (own->size() == root.size() || own->at(root.size()) == '/');
    if (is_below) {
      const std::string_view rest = own->substr(root.size());
      return std::string(fields[kMountPoint]) + std::string(rest == "/" ? "" : rest);
    }
  }
  return std::nullopt;
}

bool is_populated(const std::string& directory) {
  return read_file(directory + "/cgroup.events").find("populated 1") != std::string::npos;
}

std::vector<pid_t> list_cgroup(const std::string& directory) {
  std::vector<pid_t> pids;
  list_into(directory, 0, pids);
  return pids;
}

void kill_cgroup(const std::string& directory) {
  const base::Fd file(::open((directory + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (file.valid() && ::write(file.get(), "1", 1) == 1) {
    return;
  }
  for (const pid_t pid : list_cgroup(directory)) {
    ::kill(pid, SIGKILL);
  }
}

bool remove_cgroup(const std::string& directory) {
  return remove_tree(directory, 0);
}

}  // namespace supervisor
