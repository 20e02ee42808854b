// A line as a GELF 1.1 message (protocol card 12):
//
//     {"version":"1.1","host":"h","short_message":"hi","timestamp":1704164645.678,"level":6,
//      "_service":"app","_stream":"stdout"}
//
// and the fields of a record behind that, each with `_` before its name. What may not be in a name
// becomes `_`; a field `id` is `_id_`, for `_id` is forbidden. Values are texts and numbers: what
// else JSON has is written as text, null is left out. Pure.
#pragma once

#include <string>
#include <string_view>

#include "shippers/network/line.h"

namespace shippers {

/// `host` is a template (vendors/label_template.h).
void append_gelf(const Line& line, std::string_view host, std::string& out);

}  // namespace shippers
