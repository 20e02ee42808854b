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
inline constexpr std::uint64_t kDeadLetterRingBytes = 1U << 20U;

/// The sinks in the service's `log`, then every sink whose `services` takes it; each once.
[[nodiscard]] std::vector<std::string> sinks_of(const ServiceConfig& service, const Config& config);

/// birl's own messages go to the console, where there is one.
[[nodiscard]] std::vector<std::string> sinks_of_own_messages(const Config& config);

/// Sinks that are another's `dead_letter`, each once.
[[nodiscard]] std::vector<std::string> sinks_of_dead_letters(const Config& config);

/// Bytes of one ring when `rings` of them share `ring_memory`: a power of two.
[[nodiscard]] std::uint64_t ring_capacity(base::ByteCount wanted, base::ByteCount ring_memory,
                                          std::size_t rings);

/// Where a network sink's spool is, then where it is if it cannot be there. Empty: it has none.
[[nodiscard]] std::vector<std::string> spool_directories(const logging::SinkConfig& sink,
                                                         const std::string& state_directory,
                                                         const std::string& runtime_directory);

[[nodiscard]] logging::RouterConfig router_config(const Config& config,
                                                  const std::string& runtime_directory);

}  // namespace supervisor
