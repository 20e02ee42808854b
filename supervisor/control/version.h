// What this executable says it is.
#pragma once

#include <string_view>

namespace supervisor {

/// "static" is one file for any image (docker/static); "dynamic" has birl-router and birl-config
/// beside it.
inline constexpr std::string_view kBuildKind = BIRL_SINGLE_FILE != 0 ? "static" : "dynamic";
inline constexpr std::string_view kVersionLine =
    BIRL_SINGLE_FILE != 0 ? "birl " BIRL_VERSION " (static)" : "birl " BIRL_VERSION;

}  // namespace supervisor
