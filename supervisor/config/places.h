// Where each key of the configuration is written: what the checks need to name a place.
//
// Keys are paths as in "service.web.stop.timeout" and "service.web.log[0]". A key that is not
// there has the place of the nearest table above it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "supervisor/config/problem.h"

namespace supervisor {

struct Place {
  Origin origin;            // of the value
  Origin key_origin;        // of the key
  std::string shown;        // the path as the user wrote it: "defaults.log"
  bool secret = false;      // the value may not be shown
  bool unreadable = false;  // wrong or missing, and told: there is no value to judge
};

class Places {
 public:
  void add(const std::string& path, Place place) { places_.insert_or_assign(path, place); }

  [[nodiscard]] bool has(std::string_view path) const {
    return places_.contains(std::string(path));
  }
  [[nodiscard]] Place at(std::string_view path) const;

 private:
  std::map<std::string, Place> places_;
};

}  // namespace supervisor
