// What `birl vendors` prints: each type of network sink with its limits, from the descriptors.
//
// Pure. Threads: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shippers/network/destination.h"

namespace shippers {

struct VendorDoc {
  std::string_view type;  // the sink's
  std::string_view over;
  RequestLimits limits;
  bool gzip = false;  // where `compress` is unset
  std::string_view confirmed_by;
};

[[nodiscard]] std::vector<VendorDoc> list_vendors();

/// A line each under a head, as wide as its words need.
[[nodiscard]] std::string vendor_table();
[[nodiscard]] std::string vendor_json();

}  // namespace shippers
