// The file sink: one [sink] of type "file", which may be many files.
//
// The path is a template, so every service may have a file of its own, or one for each stream, or
// all share one. Frames go from the ring to the file in runs (run.h): one ring, one file, one
// record, one commit; raw ones by writev, uncopied. With {stream} in the path a run ends where the
// other stream begins, so the ring's one cursor moves on in order.
//
// With {date:...} in the path all files of the sink change together when the date does (UTC, never
// back), once nothing is half written; the files of other dates are then archives like rotated
// ones, if the date is in the file's own name (archive_names.h).
//
// A failing target (full disk, removed directory, read-only file system) is reported and tried
// again (retry_clock.h); nothing is taken from the ring meanwhile. Lines given up after block_limit
// are the writer thread's affair; this sink sees that the cursor has moved and takes a half written
// run back.
// Threads: the sink's own. Owner: the router.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "logging/sink.h"
#include "shippers/file/archive_keeper.h"
#include "shippers/file/file_writer.h"
#include "shippers/file/path_template.h"
#include "shippers/file/raw_run.h"
#include "shippers/lines/record_lines.h"
#include "shippers/retry_clock.h"

namespace shippers {

struct FileSinkLimits {
  static constexpr std::size_t kConsumeBytes = 1024 * 1024;  // of one consume()
  static constexpr std::size_t kPeekBytesMin = 4 * 1024;
};

class FileSink final : public logging::Sink {
 public:
  struct Parts {
    const std::string& name;
    const logging::FileSinkConfig& config;
    const std::string& host;
    std::unique_ptr<base::FileSystem> files;
    FileRecordTable records;
    logging::SinkReport& report;
    // For the archives, in the background:
    std::unique_ptr<base::FileSystem> background_files;
    logging::BackgroundThread& background;
    std::function<void()> wake;
    std::function<std::uint64_t()> realtime;  // the clock, in ns
    PipelineMaker pipeline{};                 // of a service's lines; none: they have no pipeline
  };
  /// kInvalid when the path's template is wrong, kNotFound when there is no such user or group.
  /// Opens no log file.
  [[nodiscard]] static base::Result<std::unique_ptr<FileSink>> make(Parts parts);

  [[nodiscard]] base::Result<void> attach(const logging::SinkInput& input) override;
  [[nodiscard]] logging::ConsumeResult consume(const logging::SinkInput& input,
                                               std::uint64_t now_ns) override;
  [[nodiscard]] std::uint64_t tend(std::uint64_t now_ns) override;
  void reopen() override;
  void rotate() override;
  void end_input() override { ended_ = true; }

 private:
  struct Target {
    Target(const FileWriter::Common& common, FileRecord& file_record, const ArchiveNames& names)
        : record(file_record), writer(common, file_record, names) {}
    FileRecord& record;
    FileWriter writer;
    RetryClock retry;
    bool rotate_wanted = false;
  };
  using Targets = std::map<std::string, std::unique_ptr<Target>>;  // by path
  struct Input {
    logging::RingConsumer* consumer = nullptr;
    std::string service;
    std::unique_ptr<RunFormat> format;
    RawRun raw;  // for a frame that nothing can parse
    std::array<Target*, logging::RingLimits::kStreams> targets{};
    std::size_t peek_bytes = FileSinkLimits::kPeekBytesMin;
    RetryClock retry;  // of reading the ring
  };
  enum class Step { kWrote, kNothing, kWait, kHeld };

  FileSink(Parts parts, PathTemplate path, const base::FileOwner& owner);

  [[nodiscard]] base::Result<Target*> find_target(const std::string& service,
                                                  logging::Stream stream);
  [[nodiscard]] base::Result<void> find_targets(Input& input);
  [[nodiscard]] Step write_one_run(Input& input, bool poisoned, std::uint64_t now_ns,
                                   std::size_t& budget);
  [[nodiscard]] base::Result<void> write_run(Target& target, Input& input,
                                             std::span<const logging::FrameView> frames,
                                             RunFormat& format, const Moment& now);
  [[nodiscard]] bool settle_targets(Input& input, std::uint64_t now_ns);
  [[nodiscard]] bool settle_one(Target& target, std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> settle(Target& target);
  [[nodiscard]] base::Result<void> rotate_now(Target& target, const Moment& now);
  [[nodiscard]] bool is_rotation_due(const Target& target, const Moment& now) const;
  [[nodiscard]] Input* find_input(std::uint64_t ring_id);
  [[nodiscard]] Moment moment(std::uint64_t now_ns) const;
  [[nodiscard]] base::Result<std::unique_ptr<RunFormat>> make_format(
      const std::string& service) const;
  void note_failure(Target& target, const base::Error& error, std::uint64_t now_ns);
  void note_success(Target& target);
  void note_trouble(const base::Error& error);

  // Files that are written no more (file_dates.cpp).
  void adopt_strays();
  [[nodiscard]] bool settle_strays(std::uint64_t now_ns);
  void look_after_archives(const Moment& now);
  void follow_date(const Moment& now);
  void change_date(const Moment& now);
  void retire(Target& target, const Moment& now);

  std::string name_;
  logging::FileSinkConfig config_;
  std::string host_;
  PathTemplate path_;
  base::FileOwner owner_;
  std::unique_ptr<base::FileSystem> files_;
  FileRecordTable records_;
  logging::SinkReport& report_;
  std::function<std::uint64_t()> realtime_;
  PipelineMaker pipeline_;
  ArchiveKeeper keeper_;
  Targets targets_;
  std::map<logging::RingConsumer*, Input> inputs_;
  Run run_;  // kept for its vector's memory

  std::vector<std::unique_ptr<Target>> strays_;  // left half done by a dead router, elsewhere
  bool strays_adopted_ = false;
  bool archives_seen_ = false;  // of all targets there are
  std::uint64_t date_ns_ = 0;   // the time that is in the paths
  std::string dates_;           // PathTemplate::dates() of it
  bool ended_ = false;          // no more lines come
  RetryClock date_retry_;
};

}  // namespace shippers
