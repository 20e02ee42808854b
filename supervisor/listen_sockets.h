// The sockets that services name in `listen`: opened by PID 1 once, before any service runs, and
// held while a service names them. A service gets copies at each start (sd_listen_fds(3)), so that
// between two runs connections wait in the kernel's queue, and none is refused.
//
// A socket that cannot be opened (its address is taken) is tried again at each start of its
// service, which fails with the reason until it can. IPv6 sockets take IPv6 only, so that [::] and
// 0.0.0.0 of one port go together. A unix socket's file belongs to its service's user; everybody
// may connect, as over TCP: who may not is kept out by the directory. Missing directories are made
// (0755). A file there that nobody listens behind is replaced, anything else is an error; the file
// goes with the socket. Those paths are touched by PID 1 itself: they are no place for a network
// file system.
// Threads: the loop's. Owner: Instance.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/config/config.h"
#include "supervisor/config/listen_address.h"
#include "supervisor/process/passed_fds.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

class ListenSockets {
 public:
  using Services = std::map<std::string, ServiceConfig>;

  struct Failure {
    std::string service;
    base::Error error;
  };

  ListenSockets() = default;
  ~ListenSockets();  // removes the files
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;

  /// Opens what `services` name and is not open; tells what could not be opened. An address that is
  /// taken by a socket which none of them names any more is no failure: it becomes free.
  [[nodiscard]] std::vector<Failure> open_missing(const Services& services);
  /// Closes what none of `services` names.
  void keep(const Services& services);

  /// The service's sockets, for its start; their names are in sd_listen_fds(3)'s way.
  [[nodiscard]] base::Result<std::vector<PassedFd>> sockets_of(const ServiceConfig& service);

  // For a live upgrade.
  [[nodiscard]] std::vector<KeptSocket> take_state() const;
  [[nodiscard]] base::Result<void> restore(const KeptSocket& kept, base::Fd fd);

 private:
  struct Socket {
    ListenAddress address;
    base::Fd fd;
    dev_t device = 0;  // of the file of a unix socket
    ino_t inode = 0;
  };

  [[nodiscard]] base::Result<Socket*> open(const std::string& text, const ServiceConfig& service);
  [[nodiscard]] bool is_taken_by_leaving(const ListenAddress& address,
                                         const Services& services) const;
  static void remove_file(const Socket& socket);

  std::map<std::string, Socket> sockets_;  // by format_listen_address()
};

}  // namespace supervisor
