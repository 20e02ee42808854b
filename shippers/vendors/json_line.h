// A line as a JSON object, in the form that destinations without one of their own get:
// {"time":...,"level":...,"service":...,"stream":...,"host":...,"message":...} and then the fields
// of a record, which win where they have one of these names. Pure.
#pragma once

#include <string>
#include <string_view>

#include "shippers/network/line.h"

namespace shippers {

/// The members `level`, `service`, `stream`, `host`, `message` and the fields, each with a comma
/// before it where it is not the first of its object.
void append_json_members(const Line& line, std::string& out);

/// `time_key` is what the destination calls its time.
void append_json_line(const Line& line, std::string_view time_key, std::string& out);

}  // namespace shippers
