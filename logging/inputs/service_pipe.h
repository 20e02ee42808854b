// One pipe of a service at the intake: its descriptor, its place in the ring, its size, its pace.
//
// Pipes start at the kernel's default size. One found nearly half full three times in a row, which
// is what read_pacing.h waits for at most, is enlarged (256 KiB, then 1 MiB) from a budget that all
// pipes share, and shrunk when it falls quiet: the kernel counts pipe pages per user, and a user
// over its limit gets tiny pipes everywhere. Where the kernel refuses (EPERM) the pipe stays as it
// is. Threads: the intake's. Owner: the intake.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/fd.h"
#include "logging/handoff/handoff_messages.h"
#include "logging/inputs/read_pacing.h"

namespace logging {

/// Memory of enlarged pipes together.
class PipeBudget {
 public:
  explicit PipeBudget(std::uint64_t bytes) : free_(static_cast<std::int64_t>(bytes)) {}

  [[nodiscard]] bool take(std::size_t bytes);
  void give_back(std::size_t bytes) { free_ += static_cast<std::int64_t>(bytes); }
  void charge(std::size_t bytes) { free_ -= static_cast<std::int64_t>(bytes); }

 private:
  std::int64_t free_;  // below 0 when an earlier router was allowed more
};

class ServicePipe {
 public:
  ServicePipe(base::Fd fd, const PipeInfo& info, PipeBudget& budget);
  ServicePipe(const ServicePipe&) = delete;
  ServicePipe& operator=(const ServicePipe&) = delete;
  ~ServicePipe();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const PipeInfo& info() const { return info_; }
  [[nodiscard]] std::size_t slot() const { return info_.slot; }
  [[nodiscard]] std::size_t pipe_bytes() const { return pipe_bytes_; }
  [[nodiscard]] ReadPacing& pacing() { return pacing_; }

  /// A visit read `bytes`: keeps the pace, and enlarges the pipe when it is found full too often.
  void on_data(std::size_t bytes, std::uint64_t now_ns);
  void shrink();

  enum class Content { kNothing, kSomething, kEnd };
  /// What is in the pipe, without taking it.
  [[nodiscard]] Content look() const;

 private:
  void resize(std::size_t bytes);

  base::Fd fd_;
  PipeInfo info_;
  PipeBudget& budget_;
  ReadPacing pacing_;
  std::size_t pipe_bytes_ = 0;
  int found_full_ = 0;
  bool cannot_grow_ = false;
};

}  // namespace logging
