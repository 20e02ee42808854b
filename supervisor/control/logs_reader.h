// What `birl logs` does between the rings and standard output: reads, filters, merges, formats.
//
// First print_backlog(): everything that the rings held when it was called, merged by time. Then,
// to follow, print_new() again and again: what has come since, merged within the round. Lines that
// were overwritten before they were read are counted and told.
// Threads: one owner. The output and the frames are behind seams, so tests need neither.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/handoff/ring_reader.h"
#include "supervisor/control/log_filter.h"
#include "supervisor/control/log_lines.h"
#include "supervisor/control/logs_merge.h"

namespace supervisor {

/// The frames of one ring, oldest first.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  /// The next frames; empty when there are none now. Good until the next call.
  [[nodiscard]] virtual base::Result<std::vector<logging::FrameView>> read() = 0;
  [[nodiscard]] virtual std::uint64_t position() const = 0;  // behind what was read
  [[nodiscard]] virtual std::uint64_t head() const = 0;      // behind what is committed
};

class LogsOutput {
 public:
  virtual ~LogsOutput() = default;
  virtual void write(std::string_view text) = 0;
  virtual void tell_missed(std::string_view service, std::uint64_t lines) = 0;
  /// Nobody reads the output any more.
  [[nodiscard]] virtual bool closed() const = 0;
};

struct LogsFormat {
  enum class Shape { kBare, kNamed, kJson } shape = Shape::kBare;
  bool timestamps = false;
  bool colors = false;                 // of names, each service its own: for a terminal
  std::optional<std::uint64_t> lines;  // only the last ones of the backlog, per service
};

/// "web | 2024-01-02T03:04:05.678Z text\n", as `format` wants it. Pure.
[[nodiscard]] std::string format_log_line(const LogsFormat& format, std::string_view service,
                                          const LogLine& line);

class LogsReader {
 public:
  struct Source {
    std::string service;
    std::unique_ptr<FrameSource> frames;
  };
  /// `output` is borrowed.
  LogsReader(std::vector<Source> sources, LogsFormat format, LogFilter filter, LogsOutput& output);

  [[nodiscard]] base::Result<void> print_backlog();
  /// Whether there was something new.
  [[nodiscard]] base::Result<bool> print_new();
  /// Nothing more will come: lines whose end has not come are printed as they are.
  void print_open();

 private:
  struct State {
    std::string service;
    std::unique_ptr<FrameSource> frames;
    LogLines assembler;
    std::uint64_t told_missed = 0;
  };

  base::Result<std::vector<LogLine>> read_lines(State& source);
  base::Result<void> feed_backlog(std::size_t index, std::uint64_t until, LogsMerge& merge);
  base::Result<void> feed_last_lines(std::size_t index, std::uint64_t until, LogsMerge& merge);
  void print_ready(LogsMerge& merge);
  void print_all(std::vector<SourceLine> lines);

  std::vector<State> sources_;
  LogsFormat format_;
  LogFilter filter_;
  LogsOutput& output_;
};

}  // namespace supervisor
