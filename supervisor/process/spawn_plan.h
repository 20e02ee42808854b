// A start made ready: the request's data in the plain form that the child reads (spawn_child.h).
//
// Made in full before the clone and unchanged until the child has exec'ed or is dead, hence neither
// copied nor moved. No file is touched here: PATH is only spelled out, the child looks.
// Threads: the loop's thread makes it, the child beside it reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/process/spawn.h"
#include "supervisor/process/spawn_child.h"

namespace supervisor {

/// The files that execvp would try for `program`, in its order.
[[nodiscard]] std::vector<std::string> make_candidates(const std::string& program,
                                                       std::string_view path);

class SpawnPlan {
 public:
  SpawnPlan(SpawnRequest request, std::optional<rlimit> open_files);
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The rest, which may fail. Moves numbers that are both a source and a target out of the way,
  /// above all targets, so that the child may place in any order; the owners of the moved ones come
  /// back and are needed until the clone.
  [[nodiscard]] base::Result<std::vector<base::Fd>> prepare(int report_fd);

  [[nodiscard]] ChildPlan& child() { return child_; }
  [[nodiscard]] const ChildPlan& child() const { return child_; }
  [[nodiscard]] int cgroup() const { return request_.cgroup; }

  /// Adds a record from the report pipe to what is known of the start.
  void add_report(const SpawnReport& report, SpawnOutcome& outcome) const;

 private:
  void prepare_command();
  void prepare_attributes();
  void prepare_limits();
  [[nodiscard]] std::string describe_step(const SpawnReport& report) const;
  [[nodiscard]] std::string describe_failure(const SpawnReport& report) const;

  SpawnRequest request_;
  std::optional<rlimit> open_files_;
  std::vector<std::string> candidates_;
  std::vector<const char*> argv_;
  std::vector<const char*> envp_;
  std::string own_pid_;
  std::vector<const char*> candidate_pointers_;
  std::vector<const char*> shell_argv_;
  std::vector<ChildPlacement> placements_;
  std::vector<ChildLimit> limits_;
  std::string oom_score_;
  ChildPlan child_;
};

}  // namespace supervisor
