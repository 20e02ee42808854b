// The explicit list of sink types: the one place where a type's name becomes a sink.
#pragma once

#include <memory>

#include "logging/sink.h"
#include "shippers/http/http_client.h"

namespace shippers {

/// What a logging::SinkFactory does; `client` serves every sink that speaks HTTP. Threads: the
/// router's main thread, before any sink runs. Opens nothing that could hang.
[[nodiscard]] base::Result<std::unique_ptr<logging::Sink>> make_sink(
    const logging::SinkConfig& config, const logging::SinkContext& context, HttpClient& client);

}  // namespace shippers
