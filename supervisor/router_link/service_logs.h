// One service's logs as PID 1 holds them: its ring, and the read end of every pipe that still has a
// writer. They outlive the router, so that a new one can go on where the dead one stopped.
//
// Each incarnation of a service gets pipes of its own: end of file is exact, and no line of a dead
// instance is glued to the first of the next. The read end stays here until the router says that it
// saw the end of file and committed, so a service never gets SIGPIPE. Descendants that outlive
// their service keep writing to the old pipes; at most RingLimits::kIncarnations - 1 such
// generations linger, then the oldest is asked to be closed. Threads: PID 1's only. Owner:
// RouterLink.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/handoff/ring_layout.h"
#include "logging/handoff/ring_reader.h"
#include "supervisor/router_link/ring_directory.h"
#include "supervisor/upgrade/kept_router.h"

namespace supervisor {

struct ServicePipe {
  logging::PipeInfo info;
  base::Fd read;
  bool closing = false;  // the router was asked to close it
};

/// The write ends of a new incarnation, for the child's descriptors 1 and 2.
struct IncarnationPipes {
  std::uint16_t incarnation = 0;
  base::Fd stdout_write;
  base::Fd stderr_write;
};

class ServiceLogs {
 public:
  struct Identity {
    std::uint32_t service_id = 0;
    std::string name;
    std::vector<std::string> sinks;  // every sink that consumes the ring
  };

  /// Makes the ring. `fallback_directory` is for kernels that forbid memory files.
  [[nodiscard]] static base::Result<ServiceLogs> create(Identity identity, std::uint64_t ring_id,
                                                        std::uint64_t capacity,
                                                        const std::string& fallback_directory);

  /// Over a ring that is a file, perhaps of an earlier life, which PID 1 sees by a mirror alone.
  [[nodiscard]] static base::Result<ServiceLogs> adopt(Identity identity, RingFile file,
                                                       const std::string& fallback_directory);
  /// From before a live upgrade. A ring that cannot be used is replaced under `ring_id`: then
  /// `damaged` is what is wrong with it.
  struct Restored;
  [[nodiscard]] static base::Result<Restored> restore(const KeptLogs& kept, ArrivingFds& fds,
                                                      std::uint64_t ring_id,
                                                      const std::string& fallback_directory);
  [[nodiscard]] KeptLogs take_state() const;

  /// New pipes for the next incarnation, owned by `uid`, so that the service can open /dev/stdout.
  /// kLimit when every slot still lingers (the router is down or slow): try again later.
  [[nodiscard]] base::Result<IncarnationPipes> open_incarnation(uid_t uid, gid_t gid);

  /// A pipe that birl itself writes to (its own messages, dead letters); the write end never
  /// blocks.
  [[nodiscard]] base::Result<base::Fd> open_message_pipe(logging::Stream stream);

  /// The router committed everything of the pipe in `slot`: its read end is closed, the slot is
  /// free.
  void pipe_ended(std::uint32_t slot);

  /// Slots to be closed because too many generations linger; each is returned once.
  [[nodiscard]] std::vector<std::uint32_t> take_slots_to_close();

  /// The router died: what it was asked to close has to be asked again.
  void forget_close_requests();

  /// The ring failed its check: an empty one takes its place.
  [[nodiscard]] base::Result<void> replace_ring(std::uint64_t ring_id, std::uint64_t capacity,
                                                const std::string& fallback_directory);

  [[nodiscard]] base::Result<void> replace_ring(RingFile file,
                                                const std::string& fallback_directory);

  /// Of the ring's file; empty: it is in memory.
  [[nodiscard]] const std::string& ring_path() const { return ring_path_; }
  void forget_ring_path() { ring_path_.clear(); }
  [[nodiscard]] int mirror_fd() const { return mirror_.get(); }  // -1: there is none

  /// A line that the router is to look for.
  struct Awaited {
    std::uint16_t incarnation = 0;
    std::vector<std::string> regexes;
  };
  void set_awaited(std::optional<Awaited> awaited) { awaited_ = std::move(awaited); }
  [[nodiscard]] const std::optional<Awaited>& awaited() const { return awaited_; }

  void set_sinks(std::vector<std::string> sinks) { identity_.sinks = std::move(sinks); }
  /// Its service is not configured any more.
  void remove() { removed_ = true; }
  void take_up_again() { removed_ = false; }
  [[nodiscard]] bool removed() const { return removed_; }

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] const std::vector<ServicePipe>& pipes() const { return pipes_; }
  [[nodiscard]] int ring_fd() const { return ring_.get(); }
  [[nodiscard]] const logging::RingView& view() const { return *view_; }
  [[nodiscard]] logging::ServiceMessage message() const;

 private:
  explicit ServiceLogs(Identity identity) : identity_(std::move(identity)) {}
  [[nodiscard]] std::optional<std::uint32_t> free_slot() const;
  [[nodiscard]] base::Result<base::Fd> add_pipe(logging::Stream stream, uid_t uid, gid_t gid);
  [[nodiscard]] std::vector<std::uint16_t> incarnations() const;  // oldest first, with a pipe left

  Identity identity_;
  base::Fd ring_;
  base::Fd mirror_;
  std::string ring_path_;
  std::optional<logging::RingView> view_;
  std::vector<ServicePipe> pipes_;  // oldest first
  std::uint16_t incarnation_ = 0;   // of the newest pipes
  std::optional<Awaited> awaited_;
  bool removed_ = false;
};

/// Nobody writes to it, and no sink has lines to come.
[[nodiscard]] bool is_delivered(const ServiceLogs& logs);
struct ServiceLogs::Restored {
  ServiceLogs logs;
  std::string damaged;  // empty: nothing is
};

}  // namespace supervisor
