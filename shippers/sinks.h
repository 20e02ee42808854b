// The explicit list of sink types: the one place where a type's name becomes a sink.
#pragma once

#include <memory>

#include "logging/sink.h"
#include "shippers/shared_files.h"

namespace shippers {

/// Threads: the router's main thread, before any sink runs. Opens nothing that could hang.
[[nodiscard]] base::Result<std::unique_ptr<logging::Sink>> make_sink(
    const logging::SinkConfig& config, const logging::SinkContext& context,
    std::shared_ptr<SharedFiles> shared);

/// make_sink() for run_router(): all sinks that it makes share one table of file records, made at
/// its first call.
[[nodiscard]] logging::SinkFactory sink_factory();

}  // namespace shippers
