// A directory of rings that are files: they outlive a kill of the container, though not the loss of
// power. What touches the file system, to be done in a helper child (ring_files.h).
//
//     lock                   held by one birl at a time
//     records                the file records of sinks (logging/handoff/router_state_file.h)
//     SERVICE.RINGID.ring    a service's ring; RINGID in hexadecimal
//
// A ring of an earlier life goes on to be its service's ring: cursors, counts and what nobody has
// taken are in it. One whose service is not configured any more is a leftover: its lines go to
// those of its sinks that still exist, then it is removed. A ring of another size is replaced once
// it is delivered. What is called like a ring and is none is set aside as NAME.damaged.
// Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace supervisor {

struct RingWish {
  std::string service;
  std::uint64_t capacity = 0;
  std::uint64_t ring_id = 0;  // of a new one

  template <typename V>
  void visit(V& v) {
    v.field("service", service);
    v.field("capacity", capacity);
    v.field("ring_id", ring_id);
  }
};

struct RingInfo {
  std::string service;
  std::string path;
  std::uint64_t ring_id = 0;
  std::uint64_t capacity = 0;
  std::uint16_t incarnation = 0;  // the newest that has written into it
  bool is_leftover = false;
  std::vector<std::uint32_t> sink_ids;  // of its consumers

  template <typename V>
  void visit(V& v) {
    v.field("service", service);
    v.field("path", path);
    v.field("ring_id", ring_id);
    v.field("capacity", capacity);
    v.field("incarnation", incarnation);
    v.field("is_leftover", is_leftover);
    v.field("sink_ids", sink_ids);
  }
};

struct RingFile {
  RingInfo info;
  base::Fd fd;
};

struct RingDirectory {
  base::Fd lock;     // kNew only
  base::Fd records;  // kNew only
  std::vector<RingFile> rings;
  std::vector<std::string> messages;  // what somebody should know
};

/// kNew: locks it, and looks for what an earlier life has left; kKnown: that was done before, only
/// the wishes are fulfilled.
enum class RingDirectoryState : std::uint8_t { kNew, kKnown };

/// `rings` has one for each wish that could be fulfilled (a message says why another could not),
/// and the leftovers. kExists: another birl holds the lock.
[[nodiscard]] base::Result<RingDirectory> open_ring_directory(const std::string& directory,
                                                              const std::vector<RingWish>& wishes,
                                                              RingDirectoryState state);

/// Renames it, so that nobody takes it for a ring any more; what it is called then.
[[nodiscard]] base::Result<std::string> set_ring_aside(const std::string& path);

}  // namespace supervisor
