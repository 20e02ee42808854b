#include "supervisor/service_watch.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/text.h"

namespace supervisor {

using base::Result;

namespace {

constexpr std::uint64_t kNsPerUs = 1'000;
constexpr std::uint64_t kWatchdogUsMax = 1'000'000'000'000;  // the fleet has a limit of its own

bool uses_notify_socket(const ServiceConfig& config) {
  return config.type != ServiceType::kOneshot &&
         (config.ready.sd_notify || config.health.watchdog || config.fd_store > 0);
}

/// In the abstract space names are everybody's who shares the network: nobody guesses this one.
std::string make_abstract_name() {
  std::uint64_t bits = base::monotonic_ns();
  [[maybe_unused]] const ssize_t got = ::getrandom(&bits, sizeof(bits), GRND_NONBLOCK);
  return fmt::format("@birl.{}.{:016x}", ::getpid(), bits);
}

/// The words behind `birl probe`; empty: the check is a command.
std::vector<std::string> make_probe_words(const ServiceConfig& config, CheckPurpose purpose) {
  const bool is_ready = purpose == CheckPurpose::kReady;
  const TcpTarget& tcp = is_ready ? config.ready.tcp : config.health.tcp;
  const std::string& http = is_ready ? config.ready.http : config.health.http;
  if (!tcp.empty()) {
    return {"tcp", tcp.text};
  }
  if (!http.empty()) {
    return {"http", http};
  }
  if (is_ready && !config.ready.file.empty()) {
    return {"file", config.ready.file};
  }
  return {};
}

std::string check_name(const ServiceConfig& config) {
  return fmt::format("the check of {}", config.name);
}

}  // namespace

ServiceWatch::ServiceWatch(Parts parts)
    : parts_(std::move(parts)),
      runner_(parts_.loop, parts_.launcher,
              [this](ServiceId service, std::uint64_t number, const std::string& failure) {
                fleet_->on_checked(service, number, failure, base::monotonic_ns());
              }) {
  grow();
}

ServiceWatch::~ServiceWatch() = default;

void ServiceWatch::grow() {
  for (auto id = static_cast<ServiceId>(watched_.size()); id < parts_.services.size(); ++id) {
    watched_.push_back(std::make_unique<Watched>(parts_.loop, [this, id] {
      fleet_->on_check_timer(id, watched_[id]->timer_number, base::monotonic_ns());
    }));
  }
}

// ---- what services tell ----

Result<base::Fd> ServiceWatch::prepare(ServiceId service, SpawnRequest& request) {
  const ServiceConfig& rules = config(service);
  Watched& watched = *watched_[service];
  watched.uid = request.identity ? request.identity->uid : ::geteuid();
  watched.first_pid = 0;
  watched.main_pid = 0;
  watched.main_poll.reset();
  watched.main_fd.reset();
  watched.status.clear();
  if (uses_notify_socket(rules)) {
    TRY(open_notify_socket(service));
    watched.socket->discard_pending(
        [&](Datagram old) { parts_.fds.dispose(service, std::move(old.fds)); });
    request.environment.push_back(fmt::format("NOTIFY_SOCKET={}", watched.socket->path()));
    if (rules.health.watchdog) {
      request.environment.push_back(
          fmt::format("WATCHDOG_USEC={}", rules.health.interval.ns / kNsPerUs));
    }
  } else {
    drop_notify_socket(service);
  }
  if (!rules.ready.fd || rules.type == ServiceType::kOneshot) {
    return base::Fd();
  }
  TRY_ASSIGN(base::Fd write_end, open_ready_pipe(service));
  request.fds.push_back({.source = write_end.get(), .target = *rules.ready.fd});
  return write_end;
}

Result<void> ServiceWatch::open_notify_socket(ServiceId service) {
  std::unique_ptr<NotifySocket>& socket = watched_[service]->socket;
  const bool is_abstract = config(service).notify_via == NotifyVia::kAbstract;
  if (socket && socket->path().starts_with('@') == is_abstract && !parts_.fds.is_full(service)) {
    return {};
  }
  drop_notify_socket(service);
  TRY_ASSIGN(socket, NotifySocket::open(
                         parts_.loop,
                         is_abstract ? make_abstract_name()
                                     : fmt::format("{}/notify.{}", parts_.directory, service),
                         [this, service](Datagram datagram) {
                           on_datagram(service, std::move(datagram));
                         }));
  return {};
}

/// Its queue may hold descriptors whose close would make PID 1 wait.
void ServiceWatch::drop_notify_socket(ServiceId service) {
  if (const auto socket = std::move(watched_[service]->socket)) {
    std::vector<base::Fd> fds;
    fds.push_back(socket->take());
    parts_.fds.dispose(service, std::move(fds));
  }
}

void ServiceWatch::on_fds_closed(ServiceId service) {
  if (watched_[service]->socket) {
    watched_[service]->socket->go_on();
  }
}

Result<base::Fd> ServiceWatch::open_ready_pipe(ServiceId service) {
  Watched& watched = *watched_[service];
  TRY_ASSIGN(base::Pipe pipe, base::make_pipe());
  TRY(base::set_nonblocking(pipe.read.get(), true));
  watched.ready_poll.reset();
  watched.ready_read_end = std::move(pipe.read);
  TRY_ASSIGN(watched.ready_poll,
             base::Poll::open(parts_.loop, watched.ready_read_end.get(), base::Poll::kReadable,
                              [this, service](int) { on_ready_pipe(service); }));
  return std::move(pipe.write);
}

/// A newline in it: ready. Its end without one: this run will never say so.
void ServiceWatch::on_ready_pipe(ServiceId service) {
  Watched& watched = *watched_[service];
  std::array<char, 512> buffer;
  const ssize_t count = ::read(watched.ready_read_end.get(), buffer.data(), buffer.size());
  if (count < 0) {
    return;
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  const bool says_ready = text.find('\n') != std::string_view::npos;
  if (count == 0 || says_ready) {
    watched.ready_poll.reset();
  }
  if (says_ready) {
    fleet_->on_ready(service, base::monotonic_ns());
  }
}

void ServiceWatch::on_datagram(ServiceId service, Datagram datagram) {
  if (is_of_service(service, datagram.sender)) {
    const Notification told = parse_notification(datagram.text);
    if (datagram.lost_fds) {
      parts_.diag.warn("{}: descriptors that it sent were lost: birl has too few left",
                       config(service).name);
    }
    on_notification(service, told);
    follow_fds(service, told, std::move(datagram.fds));
  } else {
    parts_.diag.debug("{}: a notification of process {}, which is none of it, is not heard",
                      config(service).name, datagram.sender.pid);
    parts_.fds.dispose(service, std::move(datagram.fds));
  }
  if (parts_.fds.is_full(service)) {
    watched_[service]->socket->hold();
  }
}

void ServiceWatch::follow_fds(ServiceId service, const Notification& told,
                              std::vector<base::Fd> fds) {
  if (told.fd_store_remove && !told.fd_name.empty()) {
    parts_.fds.remove(service, told.fd_name);
  }
  if (told.fd_store && !told.fd_store_remove) {
    parts_.fds.add(service, std::move(fds), told.fd_name,
                   told.fd_poll ? FdStore::HangUp::kRemoves : FdStore::HangUp::kIsIgnored);
  } else {
    parts_.fds.dispose(service, std::move(fds));
  }
}

void ServiceWatch::on_notification(ServiceId service, const Notification& told) {
  const std::uint64_t now_ns = base::monotonic_ns();
  if (told.main_pid) {
    adopt(service, *told.main_pid);
  }
  if (told.status) {
    watched_[service]->status = *told.status;
  }
  if (told.extend_us) {
    fleet_->on_extend(service, *told.extend_us * kNsPerUs, now_ns);
  }
  if (told.watchdog_us) {
    fleet_->on_watchdog_interval(service, std::min(*told.watchdog_us, kWatchdogUsMax) * kNsPerUs,
                                 now_ns);
  }
  if (told.ready && config(service).ready.sd_notify) {
    fleet_->on_ready(service, now_ns);
  }
  if (told.watchdog) {
    fleet_->on_watchdog(service, now_ns);
  }
  if (told.watchdog_trigger) {
    fleet_->on_watchdog_trigger(service, now_ns);
  }
  if (told.stopping || told.reloading) {
    parts_.diag.debug("{}: says that it is {}", config(service).name,
                      told.stopping ? "stopping" : "reloading");
  }
}

const std::string& ServiceWatch::status_text(ServiceId service) const {
  return watched_[service]->status;
}

void ServiceWatch::on_spawning(ServiceId service, pid_t pid) {
  watched_[service]->first_pid = pid;
  watched_[service]->main_pid = pid;
  parts_.sweeper.add_leader(service, pid);
}

void ServiceWatch::on_state_changed(ServiceId service, ServiceState state) {
  Watched& watched = *watched_[service];
  if (state != ServiceState::kStarting) {
    watched.ready_poll.reset();
    watched.ready_read_end.reset();
  }
  if (is_at_rest(state) || state == ServiceState::kBackoff) {
    watched.main_poll.reset();
    watched.main_fd.reset();
    watched.main_pid = 0;
    watched.first_pid = 0;
    watched.status.clear();
  }
}

// ---- what is looked at ----

Result<SpawnRequest> ServiceWatch::make_probe(ServiceId service, CheckPurpose purpose,
                                              std::vector<std::string> words) const {
  if (parts_.self_binary < 0) {
    return base::fail(base::ErrorCode::kUnavailable,
                      "birl cannot open itself for a probe: is /proc mounted?");
  }
  const CheckRules& rules = fleet_->service(service).rules().checks;
  const std::uint64_t timeout_ns = purpose == CheckPurpose::kReady ? rules.ready_check_timeout_ns
                                                                   : rules.health_check_timeout_ns;
  SpawnRequest request;
  request.argv = {"birl", "probe", "--timeout", base::format_duration(timeout_ns)};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  request.executable = parts_.self_binary;
  request.name = check_name(config(service));
  return request;
}

void ServiceWatch::start_check(ServiceId service, CheckPurpose purpose, std::uint64_t number) {
  const ServiceConfig& checked = config(service);
  std::vector<std::string> probe_words = make_probe_words(checked, purpose);
  if (!probe_words.empty()) {
    return run_check(service, number, make_probe(service, purpose, std::move(probe_words)));
  }
  watched_[service]->preparing = parts_.starter.prepare(
      {.service = parts_.services[service],
       .name = check_name(checked),
       .command = purpose == CheckPurpose::kReady ? checked.ready.command : checked.health.command},
      [this, service, number](Result<SpawnRequest> request) {
        run_check(service, number, std::move(request));
      });
}

void ServiceWatch::run_check(ServiceId service, std::uint64_t number,
                             Result<SpawnRequest> request) {
  Result<void> started;
  if (request) {
    request->fds.push_back({.source = parts_.starter.dev_null(), .target = STDIN_FILENO});
    started = runner_.start(service, number, std::move(*request));
  } else {
    started = tl::unexpected(std::move(request).error());
  }
  if (!started) {
    fleet_->on_checked(service, number, started.error().message, base::monotonic_ns());
  }
}

void ServiceWatch::abandon_check(ServiceId service) {
  parts_.starter.abandon(watched_[service]->preparing);
  runner_.abandon(service);
}

void ServiceWatch::start_check_timer(ServiceId service, std::uint64_t delay_ms,
                                     std::uint64_t number) {
  watched_[service]->timer_number = number;
  watched_[service]->timer.start_once(delay_ms);
}

void ServiceWatch::cancel_check_timer(ServiceId service) {
  watched_[service]->timer.stop();
}

}  // namespace supervisor
