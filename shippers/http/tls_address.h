// A certificate for an address (RFC 5280, iPAddress of subjectAltName): libcurl over mbedTLS 2
// compares names only and would refuse it. Over OpenSSL there is nothing to do.
//
// Threads: the handle's.
#pragma once

#include <curl/curl.h>

namespace shippers {

/// From now on the handle's peer may prove itself by the address that its URL holds.
void accept_addresses(CURL* easy);

}  // namespace shippers
