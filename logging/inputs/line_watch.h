// Whether one run of a service has written a line that somebody waits for: `ready.log_line`.
//
// It looks at the frames of that run, from the oldest in the ring on, so that a line which an
// earlier router took in is found too. A line longer than RingLimits::kPieceBytesMax is looked at
// piece by piece; one that is not ended yet is not looked at.
// Threads: the intake's, which is the ring's producer: nothing is overwritten meanwhile.
// Owner: Intake.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "logging/handoff/ring_map.h"
#include "logging/pipeline/regex.h"

namespace logging {

class LineWatch {
 public:
  /// `incarnation`: of the run's pipes.
  LineWatch(std::uint16_t incarnation, std::vector<Regex> regexes)
      : incarnation_(incarnation), regexes_(std::move(regexes)) {}

  /// Looks at what came since the last call; true: one of the regexes is found in a line.
  [[nodiscard]] bool look(const RingMap& ring);

  [[nodiscard]] std::uint16_t incarnation() const { return incarnation_; }

 private:
  [[nodiscard]] bool is_in(std::string_view lines) const;

  std::uint16_t incarnation_;
  std::vector<Regex> regexes_;
  std::uint64_t position_ = 0;  // of the first frame that was not looked at
};

}  // namespace logging
