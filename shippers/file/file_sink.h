// The file sink: one [sink] of type "file", which may be many files.
//
// The path is a template, so every service may have a file of its own, or one for each stream, or
// all share one. Frames go from the ring to the file by writev, uncopied, in runs (raw_run.h): one
// ring, one file, one record, one commit. With {stream} in the path a run ends where the other
// stream begins, so the ring's one cursor moves on in order.
//
// A failing target (full disk, removed directory, read-only file system) is reported and tried
// again (retry_clock.h); nothing is taken from the ring meanwhile. Lines given up after block_limit
// are the writer thread's affair; this sink sees that the cursor has moved and takes a half written
// run back.
// Threads: the sink's own. Owner: the router.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "logging/sink.h"
#include "shippers/file/file_writer.h"
#include "shippers/file/path_template.h"
#include "shippers/retry_clock.h"

namespace shippers {

struct FileSinkLimits {
  static constexpr std::size_t kConsumeBytes = 1024 * 1024;  // of one consume()
  static constexpr std::size_t kPeekBytesMin = 4 * 1024;
};

class FileSink final : public logging::Sink {
 public:
  /// kInvalid when the path's template is wrong. Opens nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<FileSink>> make(
      const std::string& name, const logging::FileSinkConfig& config, const std::string& host,
      std::unique_ptr<base::FileSystem> files, FileRecordTable records,
      logging::SinkReport& report);

  [[nodiscard]] base::Result<void> attach(const logging::SinkInput& input) override;
  [[nodiscard]] logging::ConsumeResult consume(const logging::SinkInput& input,
                                               std::uint64_t now_ns) override;
  void reopen() override;
  void rotate() override;

 private:
  struct Target {
    Target(base::FileSystem& files, FileRecord& record, const std::string& path,
           const logging::FileSinkConfig& config)
        : writer(files, record, path, config) {}
    FileWriter writer;
    RetryClock retry;
    bool rotate_wanted = false;
  };
  struct Input {
    logging::RingConsumer* consumer = nullptr;
    std::array<Target*, logging::RingLimits::kStreams> targets{};
    std::size_t peek_bytes = FileSinkLimits::kPeekBytesMin;
    RetryClock retry;  // of reading the ring
  };
  enum class Step { kWrote, kNothing, kWait };

  FileSink(const std::string& name, const logging::FileSinkConfig& config, const std::string& host,
           PathTemplate path, std::unique_ptr<base::FileSystem> files, FileRecordTable records,
           logging::SinkReport& report);

  [[nodiscard]] base::Result<Target*> find_target(const std::string& service,
                                                  logging::Stream stream);
  [[nodiscard]] Step write_one_run(Input& input, std::uint64_t now_ns, std::size_t& budget);
  [[nodiscard]] base::Result<void> write_run(Target& target, Input& input,
                                             std::span<const logging::FrameView> frames,
                                             std::uint64_t now_ns);
  [[nodiscard]] bool settle_targets(Input& input, std::uint64_t now_ns);
  [[nodiscard]] base::Result<void> settle(Target& target);
  [[nodiscard]] base::Result<void> rotate_now(Target& target, std::uint64_t now_ns);
  [[nodiscard]] logging::RingConsumer* consumer_of(std::uint64_t ring_id) const;
  void note_failure(Target& target, const base::Error& error, std::uint64_t now_ns);
  void note_success(Target& target);
  void note_trouble(const base::Error& error);

  std::string name_;
  logging::FileSinkConfig config_;
  std::string host_;
  PathTemplate path_;
  std::unique_ptr<base::FileSystem> files_;
  FileRecordTable records_;
  logging::SinkReport& report_;
  std::map<std::string, std::unique_ptr<Target>> targets_;  // by path
  std::map<logging::RingConsumer*, Input> inputs_;
  Run run_;  // kept for its vector's memory
};

}  // namespace shippers
