// Copies of what a sink writes, for `birl tap`: into pipes whose readers nobody waits for.
//
// A reader that does not keep up misses what does not fit, and is told how many bytes. Costs one
// branch per write while nobody taps. Threads: the sink's own.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace logging {

class Tap {
 public:
  /// A pipe's write end, made non-blocking; closed when its reader is gone.
  void add(base::Fd pipe);

  /// Whether anybody looks.
  [[nodiscard]] bool is_wanted() const { return !outputs_.empty(); }

  /// Whole lines, as a rule.
  void offer(std::string_view bytes);
  void offer(std::span<const iovec> parts);

 private:
  struct Output {
    base::Fd pipe;
    std::uint64_t missed_bytes = 0;
    bool inside_line = false;  // what went out last ended there
  };

  [[nodiscard]] static bool write(Output& output, std::string_view bytes);
  [[nodiscard]] static bool tell_missed(Output& output);

  std::vector<Output> outputs_;
};

}  // namespace logging
