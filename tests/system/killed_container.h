// Lives of one container that end by SIGKILL of everything at once: PID 1 of a PID namespace is
// killed from outside while lines flow. What the rings and file records are is in one directory.
//
// Each life's service says numbered lines under the life's own name. What counts as having reached
// the ring is what `birl status` had shown before the kill. Threads: the test's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/instance.h"

namespace support {

class KilledContainer {
 public:
  /// `sinks` are more tables; `log` is the list of the service's sinks, as TOML.
  explicit KilledContainer(std::string log = R"(["files"])", std::string sinks = "");

  /// One life: runs until so many lines are in, then everything is killed.
  void live(std::uint64_t lines);
  /// A last life, in which nobody speaks, until everything is delivered; then an orderly end.
  void deliver();

  /// Every line is there once, in order, from the first on, and at least those that were seen.
  void expect_exactly_once() const;
  /// The same of lines that came somewhere else, where some may be doubled.
  void expect_at_least_once(const std::vector<std::string>& lines) const;

  [[nodiscard]] std::string path(const std::string& name) const { return place_ / name; }

 private:
  [[nodiscard]] InstanceOptions options(const std::string& command) const;

  TempDirectory place_;
  std::string log_;
  std::string sinks_;
  std::uint64_t total_ = 0;          // lines that the ring had counted at the last look
  std::vector<std::uint64_t> seen_;  // of each life: lines that were in the ring for sure
};

}  // namespace support
