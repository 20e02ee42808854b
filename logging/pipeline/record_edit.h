// Parts of a record by name: `message`, `level`, `time`... or a field.
//
// What set, rename, remove and limit name. `message` and `level` are the record's own; everything
// else is a field. Pure.
#pragma once

#include <string_view>

#include "logging/record.h"

namespace logging {

/// Empty: there is no such part.
[[nodiscard]] std::string_view find_part(const Record& record, std::string_view name);

void set_part(Record& record, std::string_view name, const Value& value);
void rename_part(Record& record, std::string_view from, std::string_view to);
void remove_part(Record& record, std::string_view name);

}  // namespace logging
