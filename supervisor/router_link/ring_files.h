// PID 1's hold on the directories of rings that are files. It touches no file and maps none: a
// helper child opens what there is (ring_directory.h) and hands descriptors over. PID 1 waits for
// it, at a start or a reload, but not for ever: on a dead mount rings are in memory instead.
//
// Threads: the loop's. Owner: Instance.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/diag.h"
#include "base/fd.h"
#include "base/result.h"
#include "supervisor/helpers.h"
#include "supervisor/router_link/ring_directory.h"
#include "supervisor/upgrade/kept_fd.h"

namespace supervisor {

struct RingFilesLimits {
  static constexpr int kWaitMs = 5'000;
};

class RingFiles {
 public:
  RingFiles(base::Diag& diag, Helpers& helpers) : diag_(diag), helpers_(helpers) {}

  /// Rings for the wishes, and at a directory's first time what an earlier life has left there.
  /// Where no ring comes back for a wish that was told; kExists: another birl uses the directory.
  [[nodiscard]] base::Result<std::vector<RingFile>> open(const std::string& directory,
                                                         const std::vector<RingWish>& wishes);

  /// The file records of the first directory that was opened; invalid: there is none.
  [[nodiscard]] base::Fd take_records() { return std::move(records_); }

  // For a live upgrade: the locks go on to be held.
  [[nodiscard]] std::map<std::string, KeptFd> take_state() const;
  [[nodiscard]] base::Result<void> restore(const std::map<std::string, KeptFd>& kept,
                                           ArrivingFds& fds);

  /// In a child that nobody waits for.
  void remove(const std::string& path);
  /// Waits for it, as open() does.
  void set_aside(const std::string& path);

 private:
  base::Diag& diag_;
  Helpers& helpers_;
  std::map<std::string, base::Fd> locks_;  // by directory
  base::Fd records_;
  bool has_records_ = false;
};

}  // namespace supervisor
