#include "shippers/vendors/label_template.h"

#include "logging/record.h"

namespace shippers {

std::string expand_label(std::string_view text, const Line& line) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find_first_of("{}");
    out += text.substr(0, open);
    if (open == std::string_view::npos) {
      break;
    }
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    if (text.starts_with("{{") || text.starts_with("}}") || close == std::string_view::npos) {
      out += text.front();
      text.remove_prefix(text.size() > 1 && text[1] == text[0] ? 2 : 1);
      continue;
    }
    const std::string_view name = text.substr(1, close - 1);
    out += name == "service"  ? line.service
           : name == "stream" ? logging::stream_name(line.stream)
           : name == "host"   ? line.host
                              : std::string_view{};
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace shippers
