// Ends one direction of a TLS session of libcurl's, for which libcurl has no call: a receiver that
// is not told so reports a truncated stream. Works on the library that libcurl was built with:
// OpenSSL (close_notify.cpp), in the static build mbedTLS (close_notify_mbedtls.cpp); on another it
// does nothing. Threads: the handle's.
#pragma once

#include <curl/curl.h>

namespace shippers {

/// Nothing on a connection without TLS. What cannot be sent at once is not sent.
void send_close_notify(CURL* easy);

}  // namespace shippers
