// How services are heard across a live upgrade: supervisor/service_watch.h.
#include "base/clock.h"
#include "supervisor/service_watch.h"

namespace supervisor {

using base::Result;

KeptWatch ServiceWatch::take_state(ServiceId service) const {
  const Watched& watched = *watched_[service];
  return {.notify_path = watched.socket ? watched.socket->path() : "",
          .notify = watched.socket ? keep(watched.socket->fd()) : KeptFd(),
          .ready = keep(watched.ready_read_end),
          .ready_watched = watched.ready_poll.has_value(),
          .first_pid = watched.first_pid,
          .main_pid = watched.main_pid,
          .main = watched.main_poll ? keep(watched.main_fd) : KeptFd(),
          .uid = watched.uid,
          .status = watched.status};
}

Result<void> ServiceWatch::restore(ServiceId service, const KeptWatch& kept, ArrivingFds& fds) {
  Watched& watched = *watched_[service];
  watched.first_pid = kept.first_pid;
  watched.main_pid = kept.main_pid;
  watched.uid = kept.uid;
  watched.status = kept.status;
  TRY_ASSIGN(base::Fd notify, fds.take(kept.notify));
  if (notify.valid()) {
    watched.socket = NotifySocket::adopt(
        parts_.loop, kept.notify_path, std::move(notify),
        [this, service](Datagram datagram) { on_datagram(service, std::move(datagram)); });
  }
  TRY_ASSIGN(watched.ready_read_end, fds.take(kept.ready));
  if (watched.ready_read_end.valid() && kept.ready_watched) {
    TRY_ASSIGN(watched.ready_poll,
               base::Poll::open(parts_.loop, watched.ready_read_end.get(), base::Poll::kReadable,
                                [this, service](int) { on_ready_pipe(service); }));
  }
  TRY_ASSIGN(watched.main_fd, fds.take(kept.main));
  if (watched.main_fd.valid()) {
    TRY_ASSIGN(watched.main_poll,
               base::Poll::open(parts_.loop, watched.main_fd.get(), base::Poll::kReadable,
                                [this, service](int) { on_main_gone(service); }));
  }
  return {};
}

}  // namespace supervisor
