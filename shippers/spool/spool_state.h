// How far a spool is done, on disk: a file of two slots, of which the newer whole one is valid.
//
//     0     slot 0: magic u64, generation u64, done_sequence u64, check u32, - u32
//     512   slot 1
//
// A write fills the slot that is not valid, so a torn write leaves the other. When both are damaged
// the spool starts from its oldest record: events are repeated, none is lost. The file is locked
// (flock) while it is open: two routers must not share a spool.
// Threads: one owner.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace shippers {

class SpoolState {
 public:
  /// kExists: another process uses this spool.
  [[nodiscard]] static base::Result<SpoolState> open(base::FileSystem& files,
                                                     const std::string& path);

  /// For somebody who only looks: takes no lock. kNotFound: there is no spool.
  [[nodiscard]] static base::Result<std::uint64_t> read_done_sequence(base::FileSystem& files,
                                                                      const std::string& path);

  [[nodiscard]] std::uint64_t done_sequence() const { return done_sequence_; }
  [[nodiscard]] base::Result<void> write(base::FileSystem& files, std::uint64_t done_sequence);

 private:
  explicit SpoolState(base::Fd file) : file_(std::move(file)) {}
  [[nodiscard]] base::Result<void> read(base::FileSystem& files);

  base::Fd file_;
  std::uint64_t generation_ = 0;
  std::uint64_t done_sequence_ = 0;
};

}  // namespace shippers
