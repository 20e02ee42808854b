// What the state of a live upgrade says of one service, beside its machine. See upgrade_state.h.
// Threads: values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/process/sweep.h"
#include "supervisor/upgrade/kept_fd.h"

namespace supervisor {

/// A check that runs: as in CheckRunner.
struct KeptCheck {
  pid_t pid = 0;
  std::uint32_t service = 0;
  std::uint64_t number = 0;
  bool wanted = true;
  std::string failure;
  std::string output;
  KeptFd read;

  template <typename V>
  void visit(V& v) {
    v.field("pid", pid);
    v.field("service", service);
    v.field("number", number);
    v.field("wanted", wanted);
    v.field("failure", failure);
    v.field("output", output);
    v.field("read", read);
  }
};

/// A hook that runs: as in HookRunner.
struct KeptHook {
  std::uint32_t service = 0;
  std::uint8_t hook = 0;  // ServiceHook
  pid_t pid = 0;

  template <typename V>
  void visit(V& v) {
    v.field("service", service);
    v.field("hook", hook);
    v.field("pid", pid);
  }
};

/// How the service tells, and who it is: as in ServiceWatch.
struct KeptWatch {
  std::string notify_path;
  KeptFd notify;
  KeptFd ready;
  bool ready_watched = false;
  pid_t first_pid = 0;
  pid_t main_pid = 0;
  KeptFd main;
  uid_t uid = 0;
  std::string status;

  template <typename V>
  void visit(V& v) {
    v.field("notify_path", notify_path);
    v.field("notify", notify);
    v.field("ready", ready);
    v.field("ready_watched", ready_watched);
    v.field("first_pid", first_pid);
    v.field("main_pid", main_pid);
    v.field("main", main);
    v.field("uid", uid);
    v.field("status", status);
  }
};

struct KeptIdentity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;

  template <typename V>
  void visit(V& v) {
    v.field("uid", uid);
    v.field("gid", gid);
    v.field("groups", groups);
  }
};

/// What its processes are known by: as in Sweeper.
struct KeptTraces {
  std::vector<pid_t> leaders;
  std::vector<ProcessKey> seen;
  std::optional<KeptIdentity> identity;

  template <typename V>
  void visit(V& v) {
    v.field("leaders", leaders);
    v.field("seen", seen);
    v.field("identity", identity);
  }
};

/// A descriptor that the service has left with birl: as in FdStore.
struct KeptStored {
  std::string name;
  KeptFd fd;
  bool ignores_hang_up = false;

  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    v.field("fd", fd);
    v.field("ignores_hang_up", ignores_hang_up);
  }
};

inline constexpr std::uint32_t kNoLogs = 0xFFFF'FFFF;  // of a removed service

/// As in ServiceSlot; configurations by config/encode.h's encoding, which leaves names out.
struct KeptSlot {
  std::string name;
  std::string config;
  std::string next_name;  // of `next`; empty: there is none
  std::string next;
  std::uint32_t logs_id = 0;
  std::uint8_t stdio = 0;
  bool keeps_stdin = false;
  std::uint8_t terminal = 0;
  std::uint64_t since_realtime_ns = 0;
  std::optional<std::uint64_t> fingerprint;  // of `watch`: a change meanwhile is seen
  KeptWatch watch;
  KeptTraces traces;
  std::vector<KeptStored> stored;

  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    v.field("config", config);
    v.field("next_name", next_name);
    v.field("next", next);
    v.field("logs_id", logs_id);
    v.field("stdio", stdio);
    v.field("keeps_stdin", keeps_stdin);
    v.field("terminal", terminal);
    v.field("since_realtime_ns", since_realtime_ns);
    v.field("fingerprint", fingerprint);
    v.field("watch", watch);
    v.field("traces", traces);
    v.field("stored", stored);
  }
};

/// As in ServiceCgroups.
struct KeptCgroups {
  std::string directory;
  std::uint64_t starts = 0;

  template <typename V>
  void visit(V& v) {
    v.field("directory", directory);
    v.field("starts", starts);
  }
};

/// A socket of `listen`: as in ListenSockets.
struct KeptSocket {
  std::string address;
  KeptFd fd;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  template <typename V>
  void visit(V& v) {
    v.field("address", address);
    v.field("fd", fd);
    v.field("device", device);
    v.field("inode", inode);
  }
};

}  // namespace supervisor
