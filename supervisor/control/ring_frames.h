// A FrameSource over a ring's descriptor: a lapping reader that nobody waits for.
#pragma once

#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "supervisor/control/logs_reader.h"

namespace supervisor {

/// Starts at the oldest frame. `ring` may be closed afterwards.
[[nodiscard]] base::Result<std::unique_ptr<FrameSource>> open_ring_frames(const base::Fd& ring);

}  // namespace supervisor
