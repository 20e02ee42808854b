// Secrets of the configuration, as they are at the moment: by themselves or in a file.
//
// Threads: any.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "logging/network_config.h"

namespace shippers {

/// The content of `file`, trimmed, if one is named; else the secret. An error names the file.
[[nodiscard]] base::Result<std::string> read_secret(const base::Secret& secret,
                                                    const std::string& file);

/// The value of an Authorization header; empty: none.
[[nodiscard]] base::Result<std::string> read_authorization(const logging::AuthConfig& auth);

[[nodiscard]] std::string base64(std::string_view text);

}  // namespace shippers
