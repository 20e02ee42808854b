// The raw format: frames become exactly the bytes that the service wrote, without copying one.
//
// Only the newlines that keep lines apart are added (run.h). Pure; `run` views the frames.
#pragma once

#include "shippers/file/run.h"

namespace shippers {

struct RawRunLimits {
  static constexpr std::size_t kParts = 1024;  // IOV_MAX
};

class RawRun final : public RunFormat {
 public:
  [[nodiscard]] RunPlan plan(const RunSource& source, FileRoom room, Run& run) override;
  void rebuild(const RunSource& source, const logging::Cursor& to, Run& run) override;
};

}  // namespace shippers
