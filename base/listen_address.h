// Where a listener of TCP stands, as people write it:
//
//     9100   127.0.0.1:9100   [::1]:9100   0.0.0.0:9100   *:9100
//
// A port alone is one of the loopback; `*` is every address of the machine. Names are not resolved.
// Pure.
#pragma once

#include <sys/socket.h>

#include <string_view>

#include "base/result.h"

namespace base {

struct ListenAddress {
  sockaddr_storage address{};
  socklen_t bytes = 0;
};

/// kInvalid with a message to be put behind "cannot use ...: ".
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace base
