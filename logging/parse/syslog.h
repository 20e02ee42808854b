// A syslog message into its parts: RFC 5424, and what RFC 3164 describes.
//
//     <34>1 2003-10-11T22:14:15.003Z host app 123 ID47 [ex@32473 iut="3"] text     (5424)
//     <34>Oct 11 22:14:15 host app[123]: text                                      (3164)
//
// Fields: facility, host, app, pid, msgid, and a structured data parameter as `ID.name`. A nil `-`
// makes none. Of 3164 everything but the priority may be missing. A total function of any bytes.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "logging/arena.h"
#include "logging/parse/json_fields.h"
#include "logging/record.h"
#include "logging/severity.h"

namespace logging {

struct SyslogMessage {
  Severity severity = Severity::kInfo;
  std::optional<std::uint64_t> time_ns;
  std::string_view text;
};

/// `near_ns` chooses the year of a time that has none. Fills `fields` (cleared first).
[[nodiscard]] ParseProblem parse_syslog(std::string_view line, std::uint64_t near_ns, Arena& arena,
                                        SyslogMessage& message, FieldList& fields);

}  // namespace logging
