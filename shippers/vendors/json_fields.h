// A record's fields as members of a JSON object. Pure.
#pragma once

#include <string>
#include <string_view>

#include "shippers/network/line.h"

namespace shippers {

/// A field of the record stands where the line's own key would.
[[nodiscard]] bool has_field(const Line& line, std::string_view name);

/// `,"name":value` for each.
void append_json_fields(const Line& line, std::string& out);

}  // namespace shippers
