// How a sink's lines look: the format and the time stamp that a [sink.NAME] table may name. Part of
// sink_config.h.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace logging {

/// How a line looks. kRaw: its bytes (behind a time stamp, if one is wanted). kText: time stamp,
/// service, stream, bytes. kJson and kLogfmt: a record, logging/format/record_format.h.
enum class SinkFormat : std::uint8_t { kRaw, kText, kJson, kLogfmt };
[[nodiscard]] constexpr auto enum_names(SinkFormat) {
  return std::array<std::string_view, 4>{"raw", "text", "json", "logfmt"};
}

enum class Timestamp : std::uint8_t { kNone, kIso, kTai64n, kUnix };
[[nodiscard]] constexpr auto enum_names(Timestamp) {
  return std::array<std::string_view, 4>{"none", "iso", "tai64n", "unix"};
}

}  // namespace logging
