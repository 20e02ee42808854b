#include "shippers/lines/event_line.h"

#include <string_view>

#include "shippers/vendors/json_line.h"

namespace shippers {

void append_event_line(const Line& line, std::string& text) {
  constexpr std::string_view kLineSeparator = "\xE2\x80\xA8";
  if (!line.is_formatted) {
    append_json_line(line, "time", text);
    return;
  }
  for (const char c : line.text) {
    c == '\n' ? text += kLineSeparator : text += c;
  }
}

}  // namespace shippers
