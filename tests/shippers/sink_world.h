// What outlives a router, for tests of sinks: rings, file records and sink state in shared memory,
// so that a child process may be killed at any step and the next Router goes on.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <future>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "logging/handoff/ring_consumer.h"
#include "logging/handoff/ring_create.h"
#include "logging/handoff/ring_map.h"
#include "logging/handoff/ring_writer.h"
#include "shippers/file/file_sink.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/temporary_directory.h"

namespace shippers {

inline constexpr std::size_t kOutPipe = 0;
inline constexpr std::size_t kErrPipe = 1;

/// A service and its ring. Pipes 0 and 1 are its streams.
struct TestService {
  TestService(const std::string& service_name, std::uint64_t ring_id, std::uint64_t capacity)
      : name(service_name), fd(std::move(*logging::create_ring(ring_id, capacity, "/tmp"))) {
    map = std::make_unique<logging::RingMap>(
        std::move(*logging::RingMap::open(fd.get(), base::Access::kReadWrite)));
    writer = std::make_unique<logging::RingWriter>(*map);
    start(1);
  }

  void start(std::uint16_t incarnation) {
    writer->label_pipe(kOutPipe, logging::Stream::kStdout, incarnation);
    writer->label_pipe(kErrPipe, logging::Stream::kStderr, incarnation);
  }

  /// One read of `text` from a pipe; false when it does not fit.
  bool feed(std::size_t pipe, std::string_view text) {
    if (writer->room(pipe) < text.size()) {
      return false;
    }
    std::memcpy(writer->prepare(pipe, text.size()), text.data(), text.size());
    writer->commit(pipe, text.size(), 1);
    return true;
  }
  void close(std::size_t pipe) { EXPECT_TRUE(writer->close_pipe(pipe, 1)); }

  std::string name;
  base::Fd fd;
  std::unique_ptr<logging::RingMap> map;
  std::unique_ptr<logging::RingWriter> writer;
};

class SinkWorld {
 public:
  static constexpr std::size_t kRecords = 16;

  SinkWorld() {
    memory_ = static_cast<std::byte*>(
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    state_ = new (memory_ + kRecordBytes) logging::SinkState{};
  }
  ~SinkWorld() { ::munmap(memory_, kBytes); }
  SinkWorld(const SinkWorld&) = delete;
  SinkWorld& operator=(const SinkWorld&) = delete;

  TestService& add_service(const std::string& name,
                           std::uint64_t capacity = logging::RingLimits::kCapacityMin) {
    services.push_back(std::make_unique<TestService>(name, services.size() + 100, capacity));
    // A consumer begins at the head: it has to be there before the first line.
    (void)*logging::claim_consumer(*services.back()->map, logging::sink_id_of("files"),
                                   logging::ConsumerKind::kGating, nullptr);
    return *services.back();
  }

  [[nodiscard]] std::span<std::byte> records() const { return {memory_, kRecordBytes}; }
  [[nodiscard]] logging::SinkState& state() { return *state_; }
  /// The first place is the table's own.
  [[nodiscard]] FileRecord& record(std::size_t index) const {
    return *reinterpret_cast<FileRecord*>(
        memory_ + (index + 1) * logging::RouterStateLimits::kFileRecordBytes);
  }

  /// Until all that was posted so far is done.
  void finish_background() {
    std::promise<void> done;
    background.post([&done] { done.set_value(); });
    done.get_future().wait();
  }

  test_support::TemporaryDirectory directory;
  std::vector<std::unique_ptr<TestService>> services;
  logging::BackgroundThread background{0};
  std::uint64_t clock_ahead_ns = 0;  // of the sinks' realtime

 private:
  static constexpr std::size_t kRecordBytes =
      kRecords * logging::RouterStateLimits::kFileRecordBytes;
  static constexpr std::size_t kBytes = kRecordBytes + sizeof(logging::SinkState);

  std::byte* memory_ = nullptr;
  logging::SinkState* state_ = nullptr;
};

/// What a router's sink is made of. `faults` is good while the sink lives.
struct TestFiles {
  explicit TestFiles(SinkWorld& sink_world, const std::vector<std::string>& sinks = {"files"})
      : world(sink_world), records(world.records(), sinks), faults(file_system.get()) {}

  SinkWorld& world;
  FileRecordTable records;
  std::unique_ptr<test_support::FaultyFileSystem> file_system =
      std::make_unique<test_support::FaultyFileSystem>();
  test_support::FaultyFileSystem* faults;
};

/// One life of a router with one sink "files" that takes all services.
class TestRouter {
 public:
  TestRouter(SinkWorld& world, std::unique_ptr<logging::Sink> made_sink)
      : sink(std::move(made_sink)) {
    for (const auto& service : world.services) {
      consumers.push_back(std::move(*logging::claim_consumer(
          *service->map, logging::sink_id_of("files"), logging::ConsumerKind::kGating, nullptr)));
      inputs.push_back({.service = service->name, .consumer = consumers.back().get()});
    }
    for (const logging::SinkInput& input : inputs) {
      const auto attached = sink->attach(input);
      EXPECT_TRUE(attached) << attached.error().message;
    }
  }

  /// Calls consume() for every input in turn until nothing moves; false when a target fails and
  /// `tries` waits have not helped. Time passes as fast as the sink asks.
  bool drain(int tries = 20) {
    while (tries > 0) {
      bool progressed = false;
      std::uint64_t retry_at_ns = 0;
      for (const logging::SinkInput& input : inputs) {
        const logging::ConsumeResult result = sink->consume(input, now_ns);
        progressed = progressed || result.progressed;
        retry_at_ns = std::max(retry_at_ns, result.retry_at_ns);
      }
      if (!progressed && retry_at_ns == 0) {
        return true;
      }
      if (!progressed) {
        now_ns = std::max(now_ns, retry_at_ns);
        --tries;
      }
    }
    return false;
  }

  std::unique_ptr<logging::Sink> sink;
  std::vector<std::unique_ptr<logging::RingConsumer>> consumers;
  std::vector<logging::SinkInput> inputs;
  // Far from the real clock, which reopen() and rotate() use: a wait of theirs is over.
  std::uint64_t now_ns = base::monotonic_ns() + 1000 * base::kNsPerSecond;
};

inline std::unique_ptr<logging::Sink> make_file_sink(TestFiles& files, logging::SinkReport& report,
                                                     const logging::FileSinkConfig& config,
                                                     const std::string& name = "files",
                                                     PipelineMaker pipeline = {}) {
  const std::string host = "host";
  auto sink = FileSink::make(
      {.name = name,
       .config = config,
       .host = host,
       .files = std::move(files.file_system),
       .records = files.records,
       .report = report,
       .background_files = std::make_unique<test_support::FaultyFileSystem>(),
       .background = files.world.background,
       .wake = [] {},
       .realtime = [&world = files.world] { return base::realtime_ns() + world.clock_ahead_ns; },
       .pipeline = std::move(pipeline)});
  EXPECT_TRUE(sink) << sink.error().message;
  return std::move(*sink);
}

/// Archives, the oldest first, then the file itself.
inline std::vector<std::string> generations(
    const std::string& path, logging::ArchiveNaming naming = logging::ArchiveNaming::kTimestamp) {
  const ArchiveNames names(path, path, naming);
  std::map<std::string, std::string> by_age;
  for (const std::string& entry : test_support::list_names(names.directory())) {
    if (const auto archive = names.parse(entry)) {
      by_age[archive->age_key + (archive->packed ? ".gz" : "")] = names.path_of(entry);
    }
  }
  std::vector<std::string> found;
  for (const auto& [age, archive] : by_age) {
    found.push_back(archive);
  }
  if (std::filesystem::exists(path)) {
    found.push_back(path);
  }
  return found;
}

/// A file's text, unpacked if its name says so.
inline std::string read_log(const std::string& path) {
  if (!path.ends_with(ArchiveNames::kPackedSuffix)) {
    return test_support::read_file(path);
  }
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(::gzopen(path.c_str(), "rb"), ::gzclose);
  std::string text;
  std::array<char, 65'536> block;
  for (;;) {
    const int count = ::gzread(file.get(), block.data(), block.size());
    EXPECT_GE(count, 0) << path;
    if (count <= 0) {
      return text;
    }
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

inline std::string read_generations(
    const std::string& path, logging::ArchiveNaming naming = logging::ArchiveNaming::kTimestamp) {
  std::string text;
  for (const std::string& file : generations(path, naming)) {
    text += read_log(file);
  }
  return text;
}

}  // namespace shippers
