// logfmt: `level=warn msg="it is late" took=1.5 cached`, into fields.
//
// A key is any run of bytes but blanks, quotes and `=`. A value is bare up to the next blank, or
// quoted with the escapes \" \\ \n \r \t. A key without `=` has the value true. A total function of
// any bytes. Pure; any thread.
#pragma once

#include <string_view>

#include "logging/arena.h"
#include "logging/parse/json_fields.h"
#include "logging/record.h"

namespace logging {

/// Fills `fields` (cleared first). A problem when there is not one key with a value.
[[nodiscard]] ParseProblem parse_logfmt(std::string_view line, Arena& arena, FieldList& fields);

}  // namespace logging
