// Checks a ring that a dead router left behind, before anything relies on it.
//
// A ring needs no repair: at every instant the committed slot, the frames between tail and head and
// each consumer's slot are whole. So this only finds out whether that is true: identity, the
// commit slot's bounds, every frame's check and line number, every cursor on a frame's border.
// kDamaged means that memory was scribbled on; PID 1 replaces the ring and counts its lines as
// ring_damaged. Pure reading; costs one pass over the headers of a full ring.
#pragma once

#include "base/result.h"
#include "logging/handoff/ring_map.h"

namespace logging {

[[nodiscard]] base::Result<void> check_ring(const RingMap& ring);

}  // namespace logging
