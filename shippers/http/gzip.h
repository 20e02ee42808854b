// gzip (RFC 1952) and zlib (RFC 1950) of a request's body, in one piece.
#pragma once

#include <string>
#include <string_view>

namespace shippers {

/// Fast rather than small: level 1.
[[nodiscard]] std::string gzip(std::string_view text);
[[nodiscard]] std::string zlib(std::string_view text);

}  // namespace shippers
