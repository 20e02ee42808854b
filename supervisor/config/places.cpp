#include "supervisor/config/places.h"

namespace supervisor {

Place Places::at(std::string_view path) const {
  std::string above(path);
  for (;;) {
    const auto found = places_.find(above);
    if (found != places_.end()) {
      Place place = found->second;
      if (above.size() < path.size()) {
        place.shown += path.substr(above.size());
      }
      return place;
    }
    const std::size_t end = above.find_last_of(".[");
    if (end == std::string::npos) {
      return {.origin = {}, .key_origin = {}, .shown = std::string(path)};
    }
    above.resize(end);
  }
}

}  // namespace supervisor
