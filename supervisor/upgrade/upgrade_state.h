// All that PID 1 knows and the next birl has to know when it takes over in place.
//
// One struct, encoded by base/codec.h and put into a memory file behind a header with a version and
// a checksum (upgrade_file.h). To add something: a member with a default here (or in one of the
// structs that it is made of), its line in visit(), and whoever has it fills it in
// Instance::take_state() and takes it in Instance::take_over(). A descriptor is a KeptFd, and needs
// nothing more. A newer birl finds the default where an older one has said nothing; an older one
// skips what it does not know, so only what must not be skipped asks for a new version number.
//
// What is not here is made anew: the router, watches of files, timers (from the times at which they
// are due), rules (from the configuration), the trace. What is under way and cannot be carried over
// (a start, a helper, a reload) is waited for before: Instance::find_busy().
// Threads: values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/machine/fleet_snapshot.h"
#include "supervisor/upgrade/kept_router.h"
#include "supervisor/upgrade/kept_service.h"

namespace supervisor {

/// As in last_resort.h: who is there, if nothing else could be taken over.
struct KeptChild {
  pid_t pid = 0;
  std::uint8_t role = 0;
  std::int32_t stop_signal = 15;
  bool stop_group = false;

  template <typename V>
  void visit(V& v) {
    v.field("pid", pid);
    v.field("role", role);
    v.field("stop_signal", stop_signal);
    v.field("stop_group", stop_group);
  }
};

struct KeptLastResort {
  std::vector<KeptChild> children;
  std::int32_t exit_code = 0;

  template <typename V>
  void visit(V& v) {
    v.field("children", children);
    v.field("exit_code", exit_code);
  }
};

struct KeptEvent {
  std::string service;
  std::string line;

  template <typename V>
  void visit(V& v) {
    v.field("service", service);
    v.field("line", line);
  }
};

/// As in EventLog.
struct KeptEvents {
  std::uint64_t first = 1;
  std::vector<KeptEvent> events;

  template <typename V>
  void visit(V& v) {
    v.field("first", first);
    v.field("events", events);
  }
};

struct KeptScale {
  std::uint32_t configured = 0;
  std::uint32_t count = 0;

  template <typename V>
  void visit(V& v) {
    v.field("configured", configured);
    v.field("count", count);
  }
};

struct KeptLimit {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;

  template <typename V>
  void visit(V& v) {
    v.field("soft", soft);
    v.field("hard", hard);
  }
};

/// As in RunOptions.
struct KeptOptions {
  std::vector<std::string> config_paths;
  std::vector<std::string> command;
  bool hold = false;

  template <typename V>
  void visit(V& v) {
    v.field("config_paths", config_paths);
    v.field("command", command);
    v.field("hold", hold);
  }
};

struct UpgradeState {
  std::string former_version;
  std::string binary;  // what is taken over by, as it was asked for
  std::string process_name;
  KeptOptions options;
  std::vector<std::string> environment;  // as birl got it at boot
  std::optional<KeptLimit> open_files;   // the original limit, for services
  std::string config;                    // by config/encode.h
  std::string runtime_directory;
  KeptFd runtime_lock;
  KeptFd control_listener;
  std::vector<KeptFd> waiting_clients;  // those that the upgrade is answered to
  KeptFd message_pipe;
  KeptFd router_binary;
  KeptFd config_reader;
  KeptFd self_binary;
  std::uint64_t booted_ns = 0;
  std::uint8_t terminal = 0;
  std::map<std::string, KeptScale> scaled;
  KeptEvents events;
  KeptLastResort last_resort;
  std::vector<pid_t> launched;
  std::vector<pid_t> helpers;
  std::vector<std::string> notes_told;
  std::vector<SweptProcess> orphans;
  FleetSnapshot fleet;
  std::vector<KeptSlot> slots;  // by ServiceId, as the fleet's members
  std::vector<KeptCheck> checks;
  std::vector<KeptHook> hooks;
  std::vector<KeptSocket> sockets;
  KeptCgroups cgroups;
  std::map<std::string, KeptFd> ring_locks;  // by directory, as in RingFiles
  KeptRouter router;

  template <typename V>
  void visit(V& v) {
    v.field("former_version", former_version);
    v.field("binary", binary);
    v.field("process_name", process_name);
    v.field("options", options);
    v.field("environment", environment);
    v.field("open_files", open_files);
    v.field("config", config);
    v.field("runtime_directory", runtime_directory);
    v.field("runtime_lock", runtime_lock);
    v.field("control_listener", control_listener);
    v.field("waiting_clients", waiting_clients);
    v.field("message_pipe", message_pipe);
    v.field("router_binary", router_binary);
    v.field("config_reader", config_reader);
    v.field("self_binary", self_binary);
    v.field("booted_ns", booted_ns);
    v.field("terminal", terminal);
    v.field("scaled", scaled);
    v.field("events", events);
    v.field("last_resort", last_resort);
    v.field("launched", launched);
    v.field("helpers", helpers);
    v.field("notes_told", notes_told);
    v.field("orphans", orphans);
    v.field("fleet", fleet);
    v.field("slots", slots);
    v.field("checks", checks);
    v.field("hooks", hooks);
    v.field("sockets", sockets);
    v.field("cgroups", cgroups);
    v.field("ring_locks", ring_locks);
    v.field("router", router);
  }
};

/// kDamaged: it contradicts itself, and nobody could take over from it. Says where.
[[nodiscard]] base::Result<void> check_upgrade_state(const UpgradeState& state);

}  // namespace supervisor
