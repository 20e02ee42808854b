#include "supervisor/path_watch.h"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/codec.h"

namespace supervisor {

using base::Result;

struct PathWatch::Watched {
  Watched(base::Loop& loop, std::function<void()> debounced) : timer(loop, std::move(debounced)) {}

  WatchConfig config;
  std::vector<Watch> watches;
  std::optional<std::uint64_t> fingerprint;
  pid_t helper = 0;
  bool look_again = false;
  bool put_off = false;      // a change waits for the service to run
  bool tell_anyway = false;  // it runs: told at the next look
  bool told_error = false;
  base::Timer timer;
  std::uint64_t first_event_ns = 0;  // of those that wait; 0: none does
};

PathWatch::PathWatch(Parts parts) : parts_(std::move(parts)) {}
PathWatch::~PathWatch() = default;

Result<void> PathWatch::open() {
  if (inotify_.valid()) {
    return {};
  }
  base::Fd inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify.valid()) {
    return base::fail_errno("cannot watch files");
  }
  TRY_ASSIGN(poll_, base::Poll::open(parts_.loop, inotify.get(), base::Poll::kReadable,
                                     [this](int) { on_events(); }));
  inotify_ = std::move(inotify);
  return {};
}

void PathWatch::begin(ServiceId service) {
  const WatchConfig& config = parts_.services[service].config->watch;
  watched_.resize(std::max(watched_.size(), parts_.services.size()));
  if (watched_[service] && watched_[service]->config.paths == config.paths) {
    watched_[service]->config = config;
    return;
  }
  end(service);
  if (config.paths.empty()) {
    return;
  }
  if (const Result<void> opened = open(); !opened) {
    return parts_.diag.warn("{}: {}", parts_.services[service].config->name,
                            opened.error().message);
  }
  watched_[service] = std::make_unique<Watched>(parts_.loop, [this, service] {
    watched_[service]->first_event_ns = 0;
    look(service);
  });
  watched_[service]->config = config;
  if (const auto former = former_.extract(service)) {
    watched_[service]->fingerprint = former.mapped();
  }
  look(service);
}

std::optional<std::uint64_t> PathWatch::fingerprint(ServiceId service) const {
  const bool is_watched = service < watched_.size() && watched_[service];
  return is_watched ? watched_[service]->fingerprint : std::nullopt;
}

void PathWatch::end(ServiceId service) {
  if (service >= watched_.size() || !watched_[service]) {
    return;
  }
  const std::unique_ptr<Watched> former = std::move(watched_[service]);
  parts_.helpers.abandon(former->helper);
  drop_unused(former->watches);
}

void PathWatch::put_off(ServiceId service) {
  if (service < watched_.size() && watched_[service]) {
    watched_[service]->put_off = true;
  }
}

void PathWatch::forget_put_off(ServiceId service) {
  if (service < watched_.size() && watched_[service]) {
    watched_[service]->put_off = false;
    watched_[service]->tell_anyway = false;
  }
}

/// Not at once: a program that has just been started may not know its reload signal yet.
void PathWatch::tell_again(ServiceId service) {
  if (service < watched_.size() && watched_[service] &&
      std::exchange(watched_[service]->put_off, false)) {
    watched_[service]->tell_anyway = true;
    debounce(service);
  }
}

void PathWatch::look(ServiceId service) {
  Watched& watched = *watched_[service];
  if (watched.helper != 0) {
    watched.look_again = true;
    return;
  }
  const auto work = [paths = watched.config.paths] {
    return base::Encoder::encode(watch_paths(HelperChild::kKeptFd, paths));
  };
  const Result<pid_t> helper = parts_.helpers.run(
      work, [this, service](HelperChild::Answer answer) { on_looked(service, std::move(answer)); },
      inotify_.get());
  if (helper) {
    watched.helper = *helper;
  } else {
    debounce(service);  // no process now: later
  }
}

void PathWatch::on_looked(ServiceId service, HelperChild::Answer answer) {
  Watched& watched = *watched_[service];
  watched.helper = 0;
  Result<WatchedPaths> found =
      answer ? base::Decoder::decode<WatchedPaths>(*answer)
             : Result<WatchedPaths>(tl::unexpected(std::move(answer).error()));
  if (!found) {
    return debounce(service);
  }
  if (std::exchange(watched.look_again, false)) {
    debounce(service);
  }
  take(service, *std::move(found));
}

void PathWatch::take(ServiceId service, WatchedPaths found) {
  Watched& watched = *watched_[service];
  if (!found.error.empty() && !std::exchange(watched.told_error, true)) {
    parts_.diag.warn("{}: {}", parts_.services[service].config->name, found.error);
  }
  const std::vector<Watch> former = std::exchange(watched.watches, std::move(found.watches));
  drop_unused(former);
  const std::uint64_t before = watched.fingerprint.value_or(found.former);
  watched.fingerprint = found.fingerprint;
  const bool was_put_off = std::exchange(watched.tell_anyway, false);
  if (was_put_off || before != found.fingerprint) {
    parts_.changed(service);
  }
}

/// Reads no file: all that is removed are numbers in the inotify instance.
void PathWatch::drop_unused(const std::vector<Watch>& former) {
  for (const Watch& watch : former) {
    const bool is_used = std::ranges::any_of(watched_, [&](const auto& watched) {
      return watched && std::ranges::count(watched->watches, watch.descriptor, &Watch::descriptor);
    });
    if (!is_used) {
      ::inotify_rm_watch(inotify_.get(), watch.descriptor);
    }
  }
}

void PathWatch::on_events() {
  alignas(inotify_event) std::array<char, 16'384> buffer;
  const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
  const auto bytes = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  for (std::size_t at = 0; at + sizeof(inotify_event) <= bytes;) {
    inotify_event event;
    std::memcpy(&event, buffer.data() + at, sizeof(event));
    const char* const name = buffer.data() + at + sizeof(event);
    on_event(event.wd, event.mask, event.len > 0 ? std::string(name) : std::string());
    at += sizeof(event) + event.len;
  }
}

void PathWatch::on_event(std::int32_t descriptor, std::uint32_t mask, const std::string& name) {
  const bool lost_some = (mask & IN_Q_OVERFLOW) != 0;
  const bool is_of_it_itself = name.empty();
  for (ServiceId id = 0; id < watched_.size(); ++id) {
    const auto concerns = [&](const Watch& watch) {
      return watch.descriptor == descriptor &&
             (watch.name.empty() || is_of_it_itself || watch.name == name);
    };
    if (!watched_[id]) {
      continue;
    }
    if (lost_some || std::ranges::any_of(watched_[id]->watches, concerns)) {
      debounce(id);
    } else if (watched_[id]->helper != 0) {
      watched_[id]->look_again = true;  // it may be of a watch that the answer will tell of
    }
  }
}

void PathWatch::debounce(ServiceId service) {
  Watched& watched = *watched_[service];
  const std::uint64_t now_ns = base::monotonic_ns();
  const std::uint64_t debounce_ns = watched.config.debounce.ns;
  if (watched.first_event_ns == 0) {
    watched.first_event_ns = now_ns;
  }
  if (now_ns - watched.first_event_ns < kPatience * debounce_ns ||
      now_ns == watched.first_event_ns) {
    watched.timer.start_once(base::to_timer_ms(debounce_ns));
  }
}

}  // namespace supervisor
