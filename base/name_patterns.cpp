#include "base/name_patterns.h"

#include "base/text.h"

namespace base {

namespace {

/// A service's instances, web@1 and web@2, go by its name too.
bool matches(std::string_view pattern, std::string_view name) {
  return glob_matches(pattern, name) || glob_matches(pattern, name_stem(name));
}

}  // namespace

bool takes_name(const std::vector<std::string>& patterns, std::string_view name) {
  if (patterns.empty()) {
    return false;
  }
  bool taken = patterns.front().starts_with('!');
  for (const std::string& pattern : patterns) {
    const bool excludes = pattern.starts_with('!');
    if (matches(std::string_view(pattern).substr(excludes ? 1 : 0), name)) {
      taken = !excludes;
    }
  }
  return taken;
}

}  // namespace base
