// Starts one process in a service's surroundings: the service itself, one of its hooks, a script.
//
//     begin ──▶ preparing (a helper child, if files of the user's are needed) ──▶ launching ──▶
//     done
//
// The process gets the service's user, environment, directory, limits and new pipes of its logs.
// Or it is prepared only, for somebody who launches it with descriptors of its own: a check.
// `done` is called once, with the pid (0 when there never was one); also from inside begin(), when
// nothing could be begun. Threads: the loop's. Owner: Instance; borrows everything in Parts.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/result.h"
#include "supervisor/config/config.h"
#include "supervisor/helpers.h"
#include "supervisor/launcher.h"
#include "supervisor/process/last_resort.h"
#include "supervisor/process/preparation.h"
#include "supervisor/router_link/router_link.h"

namespace supervisor {

/// One service: its configuration, its logs, what its descriptors 0 to 2 are.
struct ServiceSlot {
  std::unique_ptr<const ServiceConfig> config;  // of what runs
  std::unique_ptr<const ServiceConfig> next;    // of the next start; nullptr: the same
  ServiceLogs* logs = nullptr;
  StdioMode stdio = StdioMode::kPipe;  // of the service itself; its hooks have pipes
  bool keeps_stdin = false;            // descriptor 0 is birl's own
  TerminalMode terminal = TerminalMode::kNone;
};

using ServiceSlots = std::deque<ServiceSlot>;  // by ServiceId; addresses stay

struct StartRequest {
  const ServiceSlot& service;
  std::string name{};  // for messages: "nginx", "on_exit of nginx"
  const Command& command;
  std::vector<std::string> extra_environment{};  // NAME=value, wins
  bool is_service = false;                       // not one of its hooks: it gets the slot's stdio
  /// Adds descriptors and variables; what it returns stays open until the process is cloned.
  std::function<base::Result<base::Fd>(SpawnRequest&)> equip{};
  std::function<void(pid_t)> cloned{};           // it exists, though its outcome is not known
  std::optional<LastResortChild> last_resort{};  // its pid is filled in
};

class ServiceStarter {
 public:
  using Done = std::function<void(pid_t pid, const SpawnOutcome& outcome)>;
  using Prepared = std::function<void(base::Result<SpawnRequest>)>;
  using StartId = std::uint64_t;

  struct Parts {
    base::Diag& diag;
    Launcher& launcher;
    Helpers& helpers;
    RouterLink& router;
    std::vector<std::string> container_environment;
    std::string environment_directory;
    std::string socket_path;
    StrictIdentity strict = StrictIdentity::kNo;
  };

  [[nodiscard]] static base::Result<std::unique_ptr<ServiceStarter>> open(Parts parts);
  ServiceStarter(const ServiceStarter&) = delete;
  ServiceStarter& operator=(const ServiceStarter&) = delete;

  /// Of the starts that follow.
  void set_strict(StrictIdentity strict) { parts_.strict = strict; }

  /// What `request` borrows is needed during the call only, but for its service.
  StartId begin(const StartRequest& request, Done done);
  /// The preparation alone: what would be launched, without descriptors. `prepared` is called as
  /// `done` is.
  StartId prepare(const StartRequest& request, Prepared prepared);
  /// KILL for what there is of it; `done` is not called. A start that is done is left alone.
  void abandon(StartId id);
  /// The name of a start under way; empty: there is none.
  [[nodiscard]] std::string busy_with() const {
    return starts_.empty() ? "" : starts_.begin()->second.request.name;
  }
  /// What was told once and is not told again; for a live upgrade.
  [[nodiscard]] const std::set<std::string>& notes_told() const { return notes_told_; }
  void restore(const std::vector<std::string>& notes) {
    notes_told_.insert(notes.begin(), notes.end());
  }
  [[nodiscard]] int dev_null() const { return dev_null_.get(); }

 private:
  struct Start {
    const ServiceSlot* service = nullptr;
    SpawnRequest request;
    std::vector<std::string> extra_environment;
    bool is_service = false;
    std::optional<LastResortChild> last_resort;
    std::function<base::Result<base::Fd>(SpawnRequest&)> equip;
    std::function<void(pid_t)> cloned;
    Done done;
    Prepared prepared;  // instead of a launch
    pid_t preparing = 0;
    pid_t launching = 0;
  };

  explicit ServiceStarter(Parts parts) : parts_(std::move(parts)) {}
  [[nodiscard]] PreparationRequest preparation_request(const ServiceConfig& config) const;
  void begin_preparing(StartId id, const StartRequest& request);
  void on_prepared(StartId id, base::Result<Preparation> prepared);
  [[nodiscard]] base::Result<pid_t> launch_on_pipes(StartId id, const Start& start,
                                                    SpawnRequest& request);
  [[nodiscard]] static SpawnRequest complete_request(Start& start, Preparation prepared);
  void hand_over(StartId id, Start& start, Preparation prepared);
  [[nodiscard]] base::Result<pid_t> launch(StartId id, Start& start, Preparation prepared);
  [[nodiscard]] Launcher::Done finisher(StartId id);
  void finish(StartId id, const SpawnOutcome& outcome);
  void fail(StartId id, base::Error error);
  void warn_once(const std::string& note);

  Parts parts_;
  base::Fd dev_null_;
  std::map<StartId, Start> starts_;
  StartId last_id_ = 0;
  std::set<std::string> notes_told_;
};

}  // namespace supervisor
