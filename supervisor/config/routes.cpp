#include "supervisor/config/routes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/name_patterns.h"
#include "logging/handoff/ring_layout.h"

namespace supervisor {

namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(name);
  }
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace

std::vector<std::string> sinks_of(const ServiceConfig& service, const Config& config) {
  std::vector<std::string> names;
  for (const std::string& name :
       service.log.value_or(std::vector<std::string>{std::string(kConsoleSinkName)})) {
    add_once(names, name);
  }
  for (const auto& [name, sink] : config.sinks) {
    if (base::takes_name(sink.services, service.name)) {
      add_once(names, name);
    }
  }
  return names;
}

std::vector<std::string> sinks_of_own_messages(const Config& config) {
  std::vector<std::string> names;
  for (const auto& [name, sink] : config.sinks) {
    const bool console = name == kConsoleSinkName && sink.type == logging::SinkType::kConsole;
    if (console || base::takes_name(sink.services, kOwnServiceName)) {
      add_once(names, name);
    }
  }
  return names;
}

std::vector<std::string> sinks_of_dead_letters(const Config& config) {
  std::vector<std::string> names;
  for (const auto& [name, sink] : config.sinks) {
    if (is_network(sink.type) && !sink.network.dead_letter.empty()) {
      add_once(names, sink.network.dead_letter);
    }
  }
  return names;
}

std::uint64_t ring_capacity(base::ByteCount wanted, base::ByteCount ring_memory,
                            std::size_t rings) {
  const std::uint64_t share = ring_memory.bytes / std::max<std::size_t>(rings, 1);
  const std::uint64_t bytes = std::min(wanted.bytes, share);
  return std::clamp(std::bit_floor(bytes), logging::RingLimits::kCapacityMin,
                    logging::RingLimits::kCapacityMax);
}

std::vector<std::string> spool_directories(const logging::SinkConfig& sink,
                                           const std::string& state_directory,
                                           const std::string& runtime_directory) {
  std::vector<std::string> directories;
  if (!is_network(sink.type)) {
    return directories;
  }
  if (const auto& spool = sink.network.spool) {
    directories.push_back(spool->directory.empty() ? state_directory + "/spool/" + sink.name
                                                   : spool->directory);
  }
  directories.push_back(runtime_directory + "/spool/" + sink.name);
  return directories;
}

logging::RouterConfig router_config(const Config& config, const std::string& runtime_directory) {
  logging::RouterConfig router;
  router.host = config.birl.host.empty() ? host_name() : config.birl.host;
  router.runtime_directory = runtime_directory;
  router.state_directory = config.birl.state_directory;
  router.listen = config.http.listen;
  router.pipe_memory = config.birl.pipe_memory;
  for (const auto& [name, sink] : config.sinks) {
    router.sinks.push_back(sink);
  }
  router.pipelines = config.pipelines;
  for (const auto& [name, service] : config.services) {
    router.services.push_back({.service = name,
                               .pipelines = service.pipeline.items,
                               .fields = service.fields,
                               .stderr_level = service.stderr_level});
  }
  return router;
}

}  // namespace supervisor
