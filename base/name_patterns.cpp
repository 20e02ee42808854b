#include "base/name_patterns.h"

#include "base/text.h"

namespace base {

bool takes_name(const std::vector<std::string>& patterns, std::string_view name) {
  if (patterns.empty()) {
    return false;
  }
  bool taken = patterns.front().starts_with('!');
  for (const std::string& pattern : patterns) {
    const bool excludes = pattern.starts_with('!');
    if (glob_matches(std::string_view(pattern).substr(excludes ? 1 : 0), name)) {
      taken = !excludes;
    }
  }
  return taken;
}

}  // namespace base
