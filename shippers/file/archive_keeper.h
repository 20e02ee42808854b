// What happens to archives in the background: packing them, and the user's command.
//
// A *tidy* looks at the archives of one file and packs each that is not packed yet, the oldest
// first: x -> x.gz.tmp, which gets mode, owner and time of x and is forced to the disk -> renamed
// to x.gz -> x deleted. An archive stands under one of both names whatever happens; where both are
// there (the router died before the last step), x is packed once more, for x is always whole. So a
// tidy at the start is all that recovery needs; it also deletes what a half done packing left.
//
// Tidies run on the router's background thread (niceness 19), commands on one of the sink's own,
// since a command may take long: one after another, at most kCommandsWaiting. A command runs at
// most once per rotation: a router that dies forgets those that wait.
//
// Threads: public functions are the sink's; the work is done on those two. Owner: the FileSink;
// the background thread has stopped before the sink goes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "logging/router/background_thread.h"
#include "logging/sink_config.h"
#include "shippers/file/archive_names.h"

namespace shippers {

struct ArchiveKeeperLimits {
  static constexpr std::size_t kCommandsWaiting = 64;
};

class ArchiveKeeper {
 public:
  /// `wake` tells the sink's thread, from another, that take_trouble() has something.
  ArchiveKeeper(const logging::RotateConfig& rules, std::unique_ptr<base::FileSystem> files,
                logging::BackgroundThread& background, std::function<void()> wake);

  /// Held while names of archives change.
  [[nodiscard]] std::mutex& lock() { return archives_lock_; }

  /// Packs what is to be packed, soon. Cheap when there is nothing to do.
  void tidy(const ArchiveNames& names);

  /// The archive at `path` is new: packs it and runs the command.
  void take_new(const ArchiveNames& names, const std::string& path);

  /// The last failure in the background, once.
  [[nodiscard]] std::optional<base::Error> take_trouble();

 private:
  using Identity = base::FileIdentity;

  void post_tidy(const ArchiveNames& names, std::optional<Identity> told);
  void post_command(const ArchiveNames& names, const Identity& archive);
  void run_tidy(const ArchiveNames& names, std::optional<Identity> told);
  void run_command(const ArchiveNames& names, const Identity& archive);
  [[nodiscard]] base::Result<void> pack_all(const ArchiveNames& names,
                                            std::optional<Identity>& told);
  [[nodiscard]] base::Result<Identity> pack(const ArchiveNames& names, const Archive& archive);
  [[nodiscard]] base::Result<std::uint64_t> write_packed(const std::string& path,
                                                         const base::Fd& source,
                                                         const base::FileStatus& status);
  [[nodiscard]] base::Result<Identity> exchange(const ArchiveNames& names,
                                                const std::string& packing_path,
                                                const base::FileStatus& packed_from);
  [[nodiscard]] base::Result<std::optional<std::string>> find_archive(const ArchiveNames& names,
                                                                      const Identity& identity);
  void note(const base::Error& error);

  logging::RotateConfig rules_;
  std::unique_ptr<base::FileSystem> files_;
  logging::BackgroundThread& background_;
  std::function<void()> wake_;
  std::mutex archives_lock_;
  std::mutex mutex_;               // guards the following
  std::set<std::string> waiting_;  // files whose tidy has been posted and has not begun
  std::size_t commands_waiting_ = 0;
  std::optional<base::Error> trouble_;
  logging::BackgroundThread commands_{0};  // last: it uses all of the above
};

}  // namespace shippers
