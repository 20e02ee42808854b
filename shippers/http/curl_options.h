// What every libcurl handle of ours is set up with: TLS, and no signals.
//
// Threads: the handle's.
#pragma once

#include <curl/curl.h>

#include "logging/network_config.h"

namespace shippers {

/// Strings of `tls` are copied.
void set_tls(CURL* easy, const logging::TlsConfig& tls);

/// Signals stay untouched, and a resolver that hangs does not hold up the handle's end.
void set_threaded(CURL* easy);

/// A certificate, theirs or ours, is not accepted: trying again soon is of no use.
[[nodiscard]] bool is_refusal(CURLcode result);

}  // namespace shippers
