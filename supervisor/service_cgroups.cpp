#include "supervisor/service_cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "supervisor/process/cgroup.h"

namespace supervisor {

namespace {

constexpr std::string_view kPrefix = "birl.";
constexpr mode_t kMode = 0755;
constexpr int kPauseMs = 2;  // between two looks: the killed need a moment to go

std::string read_proc(const char* path) {
  const base::Fd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t bytes = 0;
  while (file.valid() && (bytes = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  return text;
}

/// Two birls may share a cgroup, and their pids, of two namespaces, be the same.
std::string make_name() {
  std::uint64_t bits = base::monotonic_ns();
  [[maybe_unused]] const ssize_t got = ::getrandom(&bits, sizeof(bits), GRND_NONBLOCK);
  return fmt::format("{}{:016x}", kPrefix, bits);
}

/// What is empty is nobody's, or is made again at the next start of somebody's service.
void remove_stale(const std::string& own) {
  const auto close = [](DIR* opened) { ::closedir(opened); };
  const std::unique_ptr<DIR, decltype(close)> opened(::opendir(own.c_str()), close);
  while (opened != nullptr) {
    const dirent* entry = ::readdir(opened.get());
    if (entry == nullptr) {
      return;
    }
    const std::string name = &entry->d_name[0];
    if (name.starts_with(kPrefix) && !is_populated(own + "/" + name)) {
      remove_cgroup(own + "/" + name);
    }
  }
}

}  // namespace

ServiceCgroups::~ServiceCgroups() {
  if (!directory_.empty()) {
    remove_cgroup(directory_);
  }
}

void ServiceCgroups::open(base::Diag& diag) {
  const std::optional<std::string> own =
      find_own_cgroup(read_proc("/proc/self/cgroup"), read_proc("/proc/self/mountinfo"));
  if (!own) {
    return diag.debug("services get no cgroups: there is none of version 2");
  }
  const std::string directory = *own + "/" + make_name();
  if (::mkdir(directory.c_str(), kMode) != 0) {
    return diag.debug("services get no cgroups: cannot make {}: {}", directory,
                      base::describe_errno(errno));
  }
  directory_ = directory;
  remove_stale(*own);
}

std::string ServiceCgroups::directory(const std::string& service) const {
  return directory_.empty() ? "" : fmt::format("{}/service.{}", directory_, service);
}

int ServiceCgroups::enter(const std::string& service) {
  const std::string path = directory(service);
  if (path.empty()) {
    return -1;
  }
  remove_cgroup(path);  // of former starts, where nobody is left
  const std::string own = fmt::format("{}/{}", path, ++starts_);
  for (const std::string& level : {directory_, path, own}) {
    ::mkdir(level.c_str(), kMode);
  }
  entered_ = base::Fd(::open(own.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return entered_.get();
}

void ServiceCgroups::remove(const std::string& service) const {
  if (const std::string path = directory(service); !path.empty()) {
    remove_cgroup(path);
  }
}

void ServiceCgroups::end(std::uint64_t deadline_ns) {
  if (directory_.empty()) {
    return;
  }
  if (is_populated(directory_)) {
    kill_cgroup(directory_);
  }
  while (!remove_cgroup(directory_) && base::monotonic_ns() < deadline_ns) {
    ::poll(nullptr, 0, kPauseMs);
  }
  directory_.clear();
}

}  // namespace supervisor
