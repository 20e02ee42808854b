// Where this image keeps the certificates of the authorities that it trusts.
//
// Distributions differ, and a static libcurl knows no place of its own. Threads: any.
#pragma once

#include <string>

namespace shippers {

/// $SSL_CERT_FILE where it is set, else the first of the usual places that is there; "" if none is:
/// libcurl's own then.
[[nodiscard]] std::string find_ca_bundle();

}  // namespace shippers
