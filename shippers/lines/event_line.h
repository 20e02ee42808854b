// What a line is to a destination that takes any text: a JSON object, or what the sink's `format`
// has made of it. Pure.
#pragma once

#include <string>

#include "shippers/network/line.h"

namespace shippers {

/// A formatted line that has newlines in it (a stack trace) keeps them as U+2028, which Rapid7
/// shows as such.
void append_event_line(const Line& line, std::string& text);

}  // namespace shippers
