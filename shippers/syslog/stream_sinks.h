// The explicit list of sink types that are a byte stream or datagrams: their formats and presets.
//
// Pure. Threads: any.
#pragma once

#include <memory>

#include "base/result.h"
#include "logging/sink_config.h"
#include "shippers/network/destination.h"

namespace shippers {

/// Of a network sink that is no HTTP vendor (vendors/vendors.h); connects to nothing yet.
[[nodiscard]] base::Result<std::unique_ptr<Destination>> make_stream_destination(
    const logging::SinkConfig& config);

}  // namespace shippers
