// A cgroup for each service, where birl may make one, so that a stop finds whatever the service
// left behind (sweeper.h), also what left its session, environment and pipes.
//
//     OUR OWN CGROUP/birl.1f6c.../service.web/3     made at a start, removed when `web` is at rest
//
// Each start has one of its own below its service's: what is cloned into a cgroup that was killed
// before is killed too (seen with Linux 6.18), and what a crash left behind keeps the former one.
// No controller is turned on and no limit set: resources are the container's business. Where
// nothing can be made (a read-only /sys/fs/cgroup, as containers have it; an ordinary user; no
// cgroup of version 2) this says so once, in a debug line, and does nothing; the child of a start
// is cloned into the cgroup, and where the kernel or a filter forbids that it starts outside.
// Threads: the loop's. Owner: Instance.
#pragma once

#include <cstdint>
#include <string>

#include "base/diag.h"
#include "base/fd.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

class ServiceCgroups {
 public:
  ServiceCgroups() = default;
  ~ServiceCgroups();  // removes what is empty
  ServiceCgroups(const ServiceCgroups&) = delete;
  ServiceCgroups& operator=(const ServiceCgroups&) = delete;

  /// Tries to make our directory. Those of birls that were killed go.
  void open(base::Diag& diag);

  /// A new one for a start of the service: a descriptor that is borrowed until the next call; -1:
  /// there is none.
  [[nodiscard]] int enter(const std::string& service);
  /// Of all its starts; empty: there is none.
  [[nodiscard]] std::string directory(const std::string& service) const;
  /// The service is at rest. One that is populated stays.
  void remove(const std::string& service) const;
  // For a live upgrade: the next birl goes on in the same directory.
  [[nodiscard]] KeptCgroups take_state() const {
    return {.directory = directory_, .starts = starts_};
  }
  void restore(const KeptCgroups& kept) {
    directory_ = kept.directory;
    starts_ = kept.starts;
  }

  /// At the end: KILLs whoever is left, and waits for that, at most until `deadline_ns`
  /// (monotonic).
  void end(std::uint64_t deadline_ns);

 private:
  std::string directory_;  // ours; empty: none
  base::Fd entered_;
  std::uint64_t starts_ = 0;
};

}  // namespace supervisor
