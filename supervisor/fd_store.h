// The fd store of sd_notify(3): descriptors that a service leaves with birl and gets back at its
// next start, behind the sockets of `listen`, so that connections, memory and locks outlive it.
//
//     FDSTORE=1 [FDNAME=name] [FDPOLL=0] with descriptors      FDSTOREREMOVE=1 FDNAME=name
//
// A service keeps at most `fd_store` of them (0: none are taken), over crashes and restarts; they
// are closed when it is at rest (stopped by hand, failed, done, gone from the configuration), as
// systemd does with FileDescriptorStorePreserve=restart, its default. What is stored already (the
// same open file) is not stored twice. A pipe or socket that hangs up is closed, unless FDPOLL=0.
//
// Nothing here trusts a descriptor: each is closed as fd_disposal.h does, the store polls by an
// epoll instance of its own (libuv would make the service's descriptor non-blocking), and PID 1
// keeps kReservedFds numbers for itself whatever services send.
// Threads: the loop's. Owner: Instance; borrows everything in Parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/loop.h"
#include "supervisor/fd_disposal.h"
#include "supervisor/helpers.h"
#include "supervisor/machine/dependency_graph.h"
#include "supervisor/process/passed_fds.h"
#include "supervisor/service_starter.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

class FdStore {
 public:
  static constexpr std::size_t kReservedFds = 256;  // of RLIMIT_NOFILE

  struct Parts {
    base::Loop& loop;
    base::Diag& diag;
    Helpers& helpers;
    const ServiceSlots& services;
    /// What the service sends may be read again.
    std::function<void(ServiceId)> drained;
  };

  enum class HangUp { kRemoves, kIsIgnored };

  explicit FdStore(Parts parts);
  ~FdStore();
  FdStore(const FdStore&) = delete;
  FdStore& operator=(const FdStore&) = delete;

  /// All are taken over, stored or not. `name` as is_fd_name() wants it; empty: "stored".
  void add(ServiceId service, std::vector<base::Fd> fds, std::string_view name, HangUp hang_up);
  /// All of that name.
  void remove(ServiceId service, std::string_view name);
  /// The service is at rest.
  void clear(ServiceId service);
  /// Descriptors that came along with something else.
  void dispose(ServiceId service, std::vector<base::Fd> fds);
  /// What it has sent is not closed yet: nothing more should be read from it until `drained`.
  [[nodiscard]] bool is_full(ServiceId service) const;

  /// A start begins: what a smaller limit leaves no place for goes, and what is refused from now on
  /// is told once more.
  void on_starting(ServiceId service);
  /// In the order in which they came.
  [[nodiscard]] std::vector<PassedFd> stored(ServiceId service) const;

  // For a live upgrade: what add() took goes through it again.
  [[nodiscard]] std::vector<KeptStored> take_state(ServiceId service) const;
  [[nodiscard]] base::Result<void> restore(ServiceId service, const KeptStored& kept,
                                           ArrivingFds& fds);
  /// Something is still to be closed, which PID 1 must not wait for.
  [[nodiscard]] bool busy() const;

 private:
  struct Stored;
  struct Store;

  [[nodiscard]] Store& store(ServiceId service);
  [[nodiscard]] base::Result<void> open_epoll();
  [[nodiscard]] std::string refuse(ServiceId service, const base::Fd& fd) const;
  void watch(Stored& stored);
  void on_events();
  void take_out(ServiceId service, const std::function<bool(const Stored&)>& goes);

  Parts parts_;
  base::Fd epoll_;
  std::optional<base::Poll> poll_;
  std::uint64_t last_number_ = 0;
  std::vector<std::unique_ptr<Store>> stores_;  // by ServiceId
};

}  // namespace supervisor
