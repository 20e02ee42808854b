// A control client that is not birl's own: what `nc -U` would send and see.
//
// Threads: any. Nothing is kept between calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace support {

/// An invalid Fd when nobody listens.
[[nodiscard]] base::Fd connect_to(const std::string& path);

/// Sends `bytes` and returns all that comes until the other side closes; nullopt when there is
/// nobody or the answer takes longer than 10 s.
[[nodiscard]] std::optional<std::string> ask_socket(const std::string& path,
                                                    std::string_view bytes);

}  // namespace support
