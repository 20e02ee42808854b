#include "supervisor/router_link/ring_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/file_system.h"
#include "logging/handoff/ring_create.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_reader.h"
#include "logging/handoff/router_state.h"

namespace supervisor {

using base::Fd;
using base::Result;

namespace {

constexpr std::string_view kSuffix = ".ring";
constexpr std::uint32_t kDirectoryMode = 0700;
constexpr int kAsideMax = 100;

std::string file_name(const std::string& service, std::uint64_t ring_id) {
  return fmt::format("{}.{:x}{}", service, ring_id, kSuffix);
}

struct RingName {
  std::string service;
  std::uint64_t ring_id = 0;
};

std::optional<RingName> parse_name(std::string_view name) {
  if (!name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  name.remove_suffix(kSuffix.size());
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    return std::nullopt;
  }
  RingName parsed{.service = std::string(name.substr(0, dot)), .ring_id = 0};
  const std::string_view id = name.substr(dot + 1);
  const auto read = std::from_chars(id.data(), id.data() + id.size(), parsed.ring_id, 16);
  const bool whole = read.ec == std::errc() && read.ptr == id.data() + id.size();
  return whole && parsed.ring_id != 0 ? std::optional(parsed) : std::nullopt;
}

Result<Fd> take_lock(const std::string& directory) {
  const std::string path = directory + "/lock";
  Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    return base::fail_errno(fmt::format("cannot open {}", path));
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK
               ? base::fail(base::ErrorCode::kExists,
                            fmt::format("cannot use ring.directory {}: another birl uses it; give "
                                        "each instance a directory of its own",
                                        directory))
               : base::fail_errno(fmt::format("cannot lock {}", path));
  }
  return lock;
}

/// The space is allocated, so that a mapping of it can be written.
Result<Fd> open_records(const std::string& directory, std::vector<std::string>& messages) {
  const std::string path = directory + "/records";
  struct stat status {};
  constexpr auto kBytes = static_cast<off_t>(logging::kFileRecordsBytes);
  if (::lstat(path.c_str(), &status) == 0 &&
      (!S_ISREG(status.st_mode) || (status.st_size != kBytes && status.st_size != 0))) {
    TRY_ASSIGN(const std::string aside, set_ring_aside(path));
    messages.push_back(fmt::format("{} is none of ours and is now {}", path, aside));
  }
  Fd records(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!records.valid()) {
    return base::fail_errno(fmt::format("cannot open {}", path));
  }
  if (const int error = ::posix_fallocate(records.get(), 0, kBytes); error != 0) {
    return base::fail_errno(fmt::format("cannot allocate {} bytes for {}", kBytes, path), error);
  }
  return records;
}

/// Nothing waits in it: every consumer has it all, and no line is unfinished.
bool is_delivered(const logging::RingView& view) {
  const logging::CommitSlot commit = view.commit();
  const auto has_bytes = [](const logging::CarryState& carry) { return carry.bytes > 0; };
  return std::ranges::none_of(commit.carry, has_bytes) &&
         std::ranges::all_of(view.consumers(),
                             [](const auto& consumer) { return consumer.buffered == 0; });
}

/// Incarnations count on from life to life, so that no line is glued to an earlier one's.
std::uint16_t newest_incarnation(const logging::CommitSlot& commit) {
  std::uint16_t newest = 0;
  for (const logging::CarryState& carry : commit.carry) {
    const auto ahead = static_cast<std::int16_t>(carry.incarnation - newest);
    newest = ahead > 0 ? carry.incarnation : newest;
  }
  return newest;
}

class Opening {
 public:
  Opening(const std::string& directory, const std::vector<RingWish>& wishes)
      : directory_(directory), wishes_(wishes) {}

  [[nodiscard]] Result<void> find_rings();
  void make_missing();

  RingDirectory result;

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const {
    return directory_ + '/' + name;
  }
  [[nodiscard]] Result<void> look_at(const std::string& name, const RingName& parsed);
  void set_aside(const std::string& path, const std::string& why);

  std::string directory_;
  std::vector<RingWish> wishes_;  // that are left
  std::uint64_t highest_id_ = 0;
};

void Opening::set_aside(const std::string& path, const std::string& why) {
  const auto aside = set_ring_aside(path);
  result.messages.push_back(
      aside ? fmt::format("{} is no ring that can be used ({}) and is now {}", path, why, *aside)
            : aside.error().message);
}

Result<void> Opening::find_rings() {
  base::RealFileSystem files;
  TRY_ASSIGN(std::vector<std::string> names, files.list(directory_));
  std::ranges::sort(names);
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) {
      continue;
    }
    const auto parsed = parse_name(name);
    if (!parsed) {
      set_aside(path_of(name), "its name is no ring's");
    } else if (const auto looked = look_at(name, *parsed); !looked) {
      set_aside(path_of(name), looked.error().message);
    }
  }
  return {};
}

Result<void> Opening::look_at(const std::string& name, const RingName& parsed) {
  const std::string path = path_of(name);
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) {
    return base::fail_errno("cannot open it");
  }
  TRY_ASSIGN(const logging::RingIdentity identity, logging::read_identity(fd.get()));
  if (identity.ring_id != parsed.ring_id) {
    return base::fail(base::ErrorCode::kDamaged, "it is another ring than its name says");
  }
  // A file with holes, copied by somebody, could not be written when the disk is full.
  if (const int error = ::posix_fallocate(
          fd.get(), 0, static_cast<off_t>(logging::ring_file_bytes(identity.capacity)));
      error != 0) {
    return base::fail_errno("cannot allocate its space", error);
  }
  TRY_ASSIGN(const auto view,
             logging::RingView::open(fd.get(), logging::RingView::Extent::kHeaders));
  highest_id_ = std::max(highest_id_, identity.ring_id);
  const auto wish = std::ranges::find(wishes_, parsed.service, &RingWish::service);
  const bool is_wanted = wish != wishes_.end();
  if (is_delivered(view) && (!is_wanted || wish->capacity != identity.capacity)) {
    ::unlink(path.c_str());
    return {};
  }
  RingInfo ring{.service = parsed.service,
                .path = path,
                .ring_id = identity.ring_id,
                .capacity = identity.capacity,
                .incarnation = newest_incarnation(view.commit()),
                .is_leftover = !is_wanted,
                .sink_ids = {}};
  for (const auto& consumer : view.consumers()) {
    ring.sink_ids.push_back(consumer.sink_id);
  }
  if (!is_wanted) {
    result.messages.push_back(fmt::format(
        "{} is not configured any more: what waits in its ring {} is delivered, then that goes",
        parsed.service, path));
  } else {
    if (wish->capacity != identity.capacity) {
      result.messages.push_back(
          fmt::format("the ring of {} keeps its size of {} bytes until a start finds it delivered",
                      parsed.service, identity.capacity));
    }
    wishes_.erase(wish);
  }
  result.rings.push_back({.info = std::move(ring), .fd = std::move(fd)});
  return {};
}

void Opening::make_missing() {
  for (const RingWish& wish : wishes_) {
    const std::uint64_t ring_id = std::max(wish.ring_id, highest_id_ + 1);
    highest_id_ = ring_id;
    const std::string path = path_of(file_name(wish.service, ring_id));
    auto made = logging::create_ring_file(path, ring_id, wish.capacity);
    if (!made) {
      result.messages.push_back(
          fmt::format("the ring of {} is in memory and will not outlive the container: {}",
                      wish.service, made.error().message));
      continue;
    }
    result.rings.push_back({.info = {.service = wish.service,
                                     .path = path,
                                     .ring_id = ring_id,
                                     .capacity = wish.capacity,
                                     .incarnation = 0,
                                     .is_leftover = false,
                                     .sink_ids = {}},
                            .fd = std::move(*made)});
  }
}

}  // namespace

Result<std::string> set_ring_aside(const std::string& path) {
  for (int number = 0; number < kAsideMax; ++number) {
    std::string aside = path + ".damaged" + (number == 0 ? "" : fmt::format("-{}", number));
    if (::access(aside.c_str(), F_OK) == 0) {
      continue;
    }
    if (::rename(path.c_str(), aside.c_str()) != 0) {
      return base::fail_errno(fmt::format("cannot set {} aside", path));
    }
    return aside;
  }
  return base::fail(base::ErrorCode::kLimit,
                    fmt::format("cannot set {} aside: there are {} such files already; remove them",
                                path, kAsideMax));
}

Result<RingDirectory> open_ring_directory(const std::string& directory,
                                          const std::vector<RingWish>& wishes,
                                          RingDirectoryState state) {
  Opening opening(directory, wishes);
  if (state == RingDirectoryState::kNew) {
    base::RealFileSystem files;
    TRY(files.make_directories(directory, kDirectoryMode, {}));
    TRY_ASSIGN(opening.result.lock, take_lock(directory));
    TRY_ASSIGN(opening.result.records, open_records(directory, opening.result.messages));
    TRY(opening.find_rings());
  }
  opening.make_missing();
  return std::move(opening.result);
}

}  // namespace supervisor
