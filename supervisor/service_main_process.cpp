// Who of a service's processes is who: senders of notifications, and the main one when it told of
// another (MAINPID=). Part of supervisor/service_watch.h.
#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/process_stat.h"
#include "supervisor/service_watch.h"

namespace supervisor {

using base::Result;

namespace {

constexpr int kCodeUnknown = 1;  // of a main process that another one waits for: a failure

}  // namespace

bool ServiceWatch::is_of_service(ServiceId service, const Sender& sender) const {
  const Watched& watched = *watched_[service];
  if (watched.main_pid <= 0 || sender.pid <= 0) {
    return false;
  }
  for (const pid_t own : {watched.main_pid, watched.first_pid}) {
    if (sender.pid == own || ::getsid(sender.pid) == own || ::getpgid(sender.pid) == own ||
        descends_from(sender.pid, own)) {
      return true;
    }
  }
  const bool is_gone = ::kill(sender.pid, 0) != 0 && errno == ESRCH;
  return is_gone && (sender.uid == watched_[service]->uid || sender.uid == 0);
}

/// Empty: it is a live process of the service.
std::string ServiceWatch::refuse_main_pid(ServiceId service, pid_t pid) const {
  const Watched& watched = *watched_[service];
  const std::optional<ProcessStat> stat = read_process_stat(pid);
  if (!stat || !stat->is_alive()) {
    return "there is no such process";
  }
  if (stat->group == ::getpgrp()) {
    return "it is in birl's own process group";
  }
  for (const pid_t own : {watched.main_pid, watched.first_pid}) {
    if (pid == own || stat->session == own || stat->group == own || descends_from(pid, own)) {
      return parts_.is_known(pid) && pid != own ? "it is another service's" : "";
    }
  }
  // A fork whose parents have ended is birl's child by now.
  return stat->parent == ::getpid() && !parts_.is_known(pid) ? ""
                                                             : "it is no process of this service";
}

void ServiceWatch::adopt(ServiceId service, pid_t pid) {
  if (pid == watched_[service]->main_pid) {
    return;
  }
  std::string why = refuse_main_pid(service, pid);
  if (why.empty()) {
    if (const Result<void> watching = watch_main(service, pid); !watching) {
      why = watching.error().message;
    }
  }
  if (!why.empty()) {
    parts_.diag.warn("{}: MAINPID={} is not taken: {}", config(service).name, pid, why);
  }
}

Result<void> ServiceWatch::watch_main(ServiceId service, pid_t pid) {
  Watched& watched = *watched_[service];
  watched.main_poll.reset();
  watched.main_fd = base::Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const std::optional<ProcessStat> stat = read_process_stat(pid);  // still, now that it is held
  if (!stat || !stat->is_alive()) {
    return base::fail(base::ErrorCode::kNotFound, "it has ended");
  }
  if (watched.main_fd.valid()) {
    TRY_ASSIGN(watched.main_poll,
               base::Poll::open(parts_.loop, watched.main_fd.get(), base::Poll::kReadable,
                                [this, service](int) { on_main_gone(service); }));
  } else if (stat->parent != ::getpid()) {
    return base::fail(base::ErrorCode::kUnavailable,
                      "it has another parent, and this kernel has no pidfd to watch it by");
  }
  const ServiceRules& rules = fleet_->service(service).rules();
  const Result<void> added =
      last_resort_add({.pid = pid,
                       .role = rules.primary ? LastResortRole::kPrimary : LastResortRole::kService,
                       .stop_signal = rules.stop_signal,
                       .stop_group = rules.stop_to == StopTo::kGroup});
  if (!added) {
    parts_.diag.warn("{}", added.error().message);
  }
  watched.main_pid = pid;
  parts_.sweeper.add_leader(service, pid);
  fleet_->on_main_pid(service, pid, stat->group, base::monotonic_ns());
  return {};
}

/// The reaper tells of birl's children, this of all others.
void ServiceWatch::on_main_gone(ServiceId service) {
  Watched& watched = *watched_[service];
  watched.main_poll.reset();
  siginfo_t info{};
  const bool is_child =
      ::waitid(P_PID, static_cast<id_t>(watched.main_pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  if (!is_child) {
    parts_.diag.warn("{}: its main process {} has ended; how, only its parent knows",
                     config(service).name, watched.main_pid);
    last_resort_remove(watched.main_pid);
    fleet_->on_child_exited(watched.main_pid, ExitStatus::exited(kCodeUnknown),
                            base::monotonic_ns());
  }
}

void ServiceWatch::read_pending(pid_t pid) {
  for (const auto& watched : watched_) {
    if (watched->socket && (watched->first_pid == pid || watched->main_pid == pid)) {
      return watched->socket->read_pending();
    }
  }
}

std::vector<pid_t> ServiceWatch::told_main_pids() const {
  std::vector<pid_t> pids;
  for (const auto& watched : watched_) {
    if (watched->main_pid != watched->first_pid) {
      pids.push_back(watched->main_pid);
    }
  }
  return pids;
}

}  // namespace supervisor
