#include "supervisor/fd_store.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "supervisor/process/foreign_fd.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::string_view kDefaultName = "stored";
constexpr std::size_t kEventsMax = 64;

/// The kernel gives the lowest number that is free, so a high one means that few are left.
bool is_one_of_the_last(const base::Fd& fd) {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
         static_cast<rlim_t>(fd.get()) + FdStore::kReservedFds >= limit.rlim_cur;
}

}  // namespace

struct FdStore::Stored {
  std::uint64_t number = 0;  // never used again
  std::string name;
  base::Fd fd;
  HangUp hang_up = HangUp::kRemoves;
  bool watched = false;
};

struct FdStore::Store {
  Store(base::Loop& loop, Helpers& helpers, std::function<void()> drained)
      : disposal(loop, helpers, std::move(drained)) {}

  std::vector<Stored> entries;
  FdDisposal disposal;
  bool told_refusal = false;  // in this run
};

FdStore::FdStore(Parts parts) : parts_(std::move(parts)) {}
FdStore::~FdStore() = default;

FdStore::Store& FdStore::store(ServiceId service) {
  for (auto id = static_cast<ServiceId>(stores_.size()); id <= service; ++id) {
    stores_.push_back(
        std::make_unique<Store>(parts_.loop, parts_.helpers, [this, id] { parts_.drained(id); }));
  }
  return *stores_[service];
}

Result<void> FdStore::open_epoll() {
  if (epoll_.valid()) {
    return {};
  }
  base::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) {
    return base::fail_errno("cannot watch stored descriptors");
  }
  TRY_ASSIGN(poll_, base::Poll::open(parts_.loop, epoll.get(), base::Poll::kReadable,
                                     [this](int) { on_events(); }));
  epoll_ = std::move(epoll);
  return {};
}

/// Empty: it may stay.
std::string FdStore::refuse(ServiceId service, const base::Fd& fd) const {
  const std::uint32_t limit = parts_.services[service].config->fd_store;
  if (stores_[service]->entries.size() >= limit) {
    return limit == 0 ? "it has no fd_store" : fmt::format("its fd_store holds {}", limit);
  }
  return is_one_of_the_last(fd) ? "birl has too few descriptors left" : "";
}

void FdStore::add(ServiceId service, std::vector<base::Fd> fds, std::string_view name,
                  HangUp hang_up) {
  Store& of = store(service);
  std::vector<base::Fd> refused;
  for (base::Fd& fd : fds) {
    const bool is_known = std::ranges::any_of(of.entries, [&](const Stored& entry) {
      return is_same_description(entry.fd.get(), fd.get());
    });
    const std::string why = is_known ? "" : refuse(service, fd);
    if (!why.empty() && !std::exchange(of.told_refusal, true)) {
      parts_.diag.warn("{}: a descriptor is not stored: {}", parts_.services[service].config->name,
                       why);
    }
    if (is_known || !why.empty()) {
      refused.push_back(std::move(fd));
      continue;
    }
    Stored& entry =
        of.entries.emplace_back(Stored{.number = ++last_number_,
                                       .name = std::string(name.empty() ? kDefaultName : name),
                                       .fd = std::move(fd),
                                       .hang_up = hang_up});
    if (hang_up == HangUp::kRemoves && can_hang_up(foreign_kind(entry.fd.get()))) {
      watch(entry);
    }
  }
  of.disposal.add(std::move(refused));
}

/// Hang-ups and errors are always told of. What cannot be watched is kept all the same.
void FdStore::watch(Stored& stored) {
  epoll_event event{.events = 0, .data = {.u64 = stored.number}};
  stored.watched = open_epoll().has_value() &&
                   ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stored.fd.get(), &event) == 0;
}

void FdStore::on_events() {
  std::array<epoll_event, kEventsMax> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsMax, 0);
  for (int index = 0; index < count; ++index) {
    const std::uint64_t number = events.at(static_cast<std::size_t>(index)).data.u64;
    for (ServiceId id = 0; id < stores_.size(); ++id) {
      take_out(id, [number](const Stored& entry) { return entry.number == number; });
    }
  }
}

void FdStore::remove(ServiceId service, std::string_view name) {
  take_out(service, [name](const Stored& entry) { return entry.name == name; });
}

void FdStore::clear(ServiceId service) {
  take_out(service, [](const Stored&) { return true; });
}

void FdStore::take_out(ServiceId service, const std::function<bool(const Stored&)>& goes) {
  if (service >= stores_.size()) {
    return;
  }
  std::vector<Stored>& entries = stores_[service]->entries;
  const auto gone =
      std::ranges::stable_partition(entries, [&](const Stored& entry) { return !goes(entry); });
  std::vector<base::Fd> fds;
  for (Stored& entry : gone) {
    if (entry.watched) {
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, entry.fd.get(), nullptr);
    }
    fds.push_back(std::move(entry.fd));
  }
  entries.erase(gone.begin(), gone.end());
  stores_[service]->disposal.add(std::move(fds));
}

void FdStore::dispose(ServiceId service, std::vector<base::Fd> fds) {
  if (!fds.empty()) {
    store(service).disposal.add(std::move(fds));
  }
}

bool FdStore::is_full(ServiceId service) const {
  return service < stores_.size() && stores_[service]->disposal.is_full();
}

void FdStore::on_starting(ServiceId service) {
  Store& of = store(service);
  of.told_refusal = false;
  const std::size_t limit = parts_.services[service].config->fd_store;
  const std::uint64_t last =
      of.entries.size() <= limit || limit == 0 ? 0 : of.entries[limit - 1].number;
  if (of.entries.size() > limit) {
    take_out(service, [last](const Stored& entry) { return entry.number > last; });
  }
}

std::vector<PassedFd> FdStore::stored(ServiceId service) const {
  std::vector<PassedFd> passed;
  if (service < stores_.size()) {
    std::ranges::transform(
        stores_[service]->entries, std::back_inserter(passed),
        [](const Stored& entry) { return PassedFd{.fd = entry.fd.get(), .name = entry.name}; });
  }
  return passed;
}

std::vector<KeptStored> FdStore::take_state(ServiceId service) const {
  std::vector<KeptStored> kept;
  if (service < stores_.size()) {
    for (const Stored& entry : stores_[service]->entries) {
      kept.push_back({.name = entry.name,
                      .fd = keep(entry.fd),
                      .ignores_hang_up = entry.hang_up == HangUp::kIsIgnored});
    }
  }
  return kept;
}

Result<void> FdStore::restore(ServiceId service, const KeptStored& kept, ArrivingFds& fds) {
  std::vector<base::Fd> one;
  TRY_ASSIGN(base::Fd fd, fds.take(kept.fd));
  one.push_back(std::move(fd));
  add(service, std::move(one), kept.name,
      kept.ignores_hang_up ? HangUp::kIsIgnored : HangUp::kRemoves);
  return {};
}

bool FdStore::busy() const {
  return std::ranges::any_of(stores_,
                             [](const auto& each) { return each->disposal.pending() != 0; });
}

}  // namespace supervisor
