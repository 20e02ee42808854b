// Waiting for a condition instead of for a time: the only kind of waiting that tests do.
//
// A predicate is looked at until it holds or the deadline has passed; a deadline says when to give
// up and is generous, never what is expected. Threads: any.
#pragma once

#include <chrono>
#include <functional>

namespace support {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

/// Long enough for a busy machine.
#ifdef BIRL_SANITIZED
inline constexpr std::chrono::milliseconds kPatience = 120s;
#else
inline constexpr std::chrono::milliseconds kPatience = 40s;
#endif

/// True as soon as `holds` does; false when `patience` is over. Looks every 3 ms first, then less
/// often, every 50 ms at last.
[[nodiscard]] bool eventually(const std::function<bool()>& holds,
                              std::chrono::milliseconds patience = kPatience);

/// True when `holds` at every look during `span`. For what must *not* happen: it can pass by luck
/// but never fails without a reason.
[[nodiscard]] bool throughout(const std::function<bool()>& holds, std::chrono::milliseconds span);

/// Stays here for `span`; for spreading faults over time, never for waiting until something is so.
void idle_for(std::chrono::microseconds span);

}  // namespace support
