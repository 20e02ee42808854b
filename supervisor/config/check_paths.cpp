#include "supervisor/config/check_paths.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "supervisor/config/node.h"

namespace supervisor {
namespace {

void check_access(const std::string& file, int mode, const std::string& key, const Places& places,
                  Problems& problems) {
  if (!file.empty() && ::access(file.c_str(), mode) != 0) {
    const Place place = places.at(key);
    problems.missing(place.origin, fmt::format("cannot use {}: {}: {}", place.shown, file,
                                               std::generic_category().message(errno)));
  }
}

/// Secrets and certificates: mounts, mostly, that an image at build time does not have.
void check_sink(const logging::SinkConfig& sink, const std::string& path, const Places& places,
                Problems& problems) {
  const auto check = [&](const std::string& file, std::string_view key) {
    check_access(file, R_OK, fmt::format("{}.{}", path, key), places, problems);
  };
  check(sink.network.tls.ca_file, "tls.ca_file");
  check(sink.network.tls.cert_file, "tls.cert_file");
  check(sink.network.tls.key_file, "tls.key_file");
  check(sink.loggly.token_file, "token_file");
  check(sink.logentries.token_file, "token_file");
  check(sink.forward.shared_key_file, "shared_key_file");
  check(sink.forward.password_file, "password_file");
  check(sink.splunk_hec.token_file, "token_file");
  check(sink.datadog.api_key_file, "api_key_file");
  check(sink.newrelic.api_key_file, "api_key_file");
  check(sink.sumologic.url_file, "url_file");
  check(sink.elasticsearch.api_key_file, "api_key_file");
  for (const logging::AuthConfig* auth :
       {&sink.http.auth, &sink.elasticsearch.auth, &sink.loki.auth, &sink.logstash.auth,
        &sink.gelf.auth, &sink.otlp.auth}) {
    check(auth->basic_file, "auth.basic_file");
    check(auth->bearer_file, "auth.bearer_file");
  }
}

}  // namespace

void check_paths(const Config& config, const Places& places, Problems& problems) {
  for (const auto& [name, service] : config.services) {
    const std::string path = join_key("service", name);
    // A bare name is looked for in the service's PATH and a relative one in its directory.
    const bool has_program = !service.command.shell && !service.command.empty();
    if (has_program && service.command.argv.front().starts_with('/')) {
      check_access(service.command.argv.front(), X_OK, path + ".command", places, problems);
    }
    if (!service.directory.empty()) {
      check_access(service.directory, X_OK, path + ".directory", places, problems);
    }
    for (const std::string& file : service.environment_file) {
      if (!file.empty() && !file.starts_with('-')) {
        check_access(file, R_OK, path + ".environment_file", places, problems);
      }
    }
    for (const auto& [variable, file] : service.environment_from_file) {
      check_access(file, R_OK, join_key(path + ".environment_from_file", variable), places,
                   problems);
    }
  }
  for (const auto& [name, sink] : config.sinks) {
    check_sink(sink, join_key("sink", name), places, problems);
  }
}

}  // namespace supervisor
