// The explicit list of sink types: the one place where a type's name becomes a sink.
#pragma once

#include <memory>

#include "logging/sink.h"

namespace shippers {

/// A logging::SinkFactory. Threads: the router's main thread, before any sink runs. Opens nothing
/// that could hang.
[[nodiscard]] base::Result<std::unique_ptr<logging::Sink>> make_sink(
    const logging::SinkConfig& config, const logging::SinkContext& context);

}  // namespace shippers
