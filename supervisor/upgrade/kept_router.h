// What the state of a live upgrade says of logs: pipes, rings, the router. See upgrade_state.h.
// Threads: values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "logging/handoff/handoff_messages.h"
#include "supervisor/upgrade/kept_fd.h"

namespace supervisor {

struct KeptPipe {
  logging::PipeInfo info;
  KeptFd read;

  template <typename V>
  void visit(V& v) {
    v.field("info", info);
    v.field("read", read);
  }
};

struct KeptAwaited {
  std::uint16_t incarnation = 0;
  std::vector<std::string> regexes;

  template <typename V>
  void visit(V& v) {
    v.field("incarnation", incarnation);
    v.field("regexes", regexes);
  }
};

/// As in ServiceLogs.
struct KeptLogs {
  std::uint32_t service_id = 0;
  std::string name;
  std::vector<std::string> sinks;
  KeptFd ring;
  KeptFd mirror;               // of a ring that is a file
  std::string ring_path;       // of its file
  std::uint64_t capacity = 0;  // of the ring
  std::vector<KeptPipe> pipes;
  std::uint16_t incarnation = 0;
  std::optional<KeptAwaited> awaited;
  bool removed = false;

  template <typename V>
  void visit(V& v) {
    v.field("service_id", service_id);
    v.field("name", name);
    v.field("sinks", sinks);
    v.field("ring", ring);
    v.field("mirror", mirror);
    v.field("ring_path", ring_path);
    v.field("capacity", capacity);
    v.field("pipes", pipes);
    v.field("incarnation", incarnation);
    v.field("awaited", awaited);
    v.field("removed", removed);
  }
};

struct KeptDeadLetters {
  std::string sink;
  std::uint32_t service_id = 0;
  KeptFd write;
  bool had_writer = false;

  template <typename V>
  void visit(V& v) {
    v.field("sink", sink);
    v.field("service_id", service_id);
    v.field("write", write);
    v.field("had_writer", had_writer);
  }
};

/// Lines of rings and consumers that are gone.
struct KeptRetired {
  std::uint32_t sink_id = 0;
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::vector<std::uint64_t> dropped;  // by logging::DropReason

  template <typename V>
  void visit(V& v) {
    v.field("sink_id", sink_id);
    v.field("received", received);
    v.field("delivered", delivered);
    v.field("dropped", dropped);
  }
};

struct KeptRetiredInRing {
  std::uint64_t ring_id = 0;
  std::uint32_t sink_id = 0;

  template <typename V>
  void visit(V& v) {
    v.field("ring_id", ring_id);
    v.field("sink_id", sink_id);
  }
};

/// As in RouterLink.
struct KeptRouter {
  KeptFd state;
  KeptFd file_records;  // where rings are files
  KeptFd staging_read;
  KeptFd staging_write;
  std::vector<KeptLogs> services;
  std::vector<KeptDeadLetters> dead_letters;
  std::uint32_t next_service_id = 0;
  std::uint64_t next_ring_id = 0;
  std::vector<KeptRetired> retired;
  std::vector<KeptRetiredInRing> retired_in_rings;
  pid_t pid = 0;  // of the router that is about to end; 0: there is none
  std::uint32_t restarts = 0;
  bool last_was_killed = false;

  template <typename V>
  void visit(V& v) {
    v.field("state", state);
    v.field("file_records", file_records);
    v.field("staging_read", staging_read);
    v.field("staging_write", staging_write);
    v.field("services", services);
    v.field("dead_letters", dead_letters);
    v.field("next_service_id", next_service_id);
    v.field("next_ring_id", next_ring_id);
    v.field("retired", retired);
    v.field("retired_in_rings", retired_in_rings);
    v.field("pid", pid);
    v.field("restarts", restarts);
    v.field("last_was_killed", last_was_killed);
  }
};

}  // namespace supervisor
