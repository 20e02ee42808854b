// Which sinks take a service's output, and what the router is told: pure functions of the
// configuration.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "logging/sink_config.h"
#include "supervisor/config/config.h"

namespace supervisor {

inline constexpr std::string_view kOwnServiceName = "birl";  // birl's own messages
inline constexpr std::string_view kConsoleSinkName = "console";

/// The sinks in the service's `log`, then every sink whose `services` takes it; each once.
[[nodiscard]] std::vector<std::string> sinks_of(const ServiceConfig& service, const Config& config);

/// birl's own messages go to the console, where there is one.
[[nodiscard]] std::vector<std::string> sinks_of_own_messages(const Config& config);

/// Bytes of one ring when `rings` of them share `ring_memory`: a power of two.
[[nodiscard]] std::uint64_t ring_capacity(base::ByteCount wanted, base::ByteCount ring_memory,
                                          std::size_t rings);

[[nodiscard]] logging::RouterConfig router_config(const Config& config,
                                                  const std::string& runtime_directory);

}  // namespace supervisor
