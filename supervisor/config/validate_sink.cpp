#include <fmt/format.h>

#include "base/text.h"
#include "supervisor/config/template_check.h"
#include "supervisor/config/validate.h"

namespace supervisor {

void validate_url(const Judge& judge, const std::string& url, const std::string& path) {
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  judge.require(known, path, "it must begin with http:// or https://");
}

void validate_secret(const Judge& judge, const base::Secret& secret, const std::string& file,
                     const std::string& path) {
  judge.require(secret.empty() || file.empty(), path + "_file",
                "the secret is given twice; remove one");
}

void validate_auth(const Judge& judge, const logging::AuthConfig& auth, const std::string& path) {
  validate_secret(judge, auth.basic, auth.basic_file, path + ".basic");
  validate_secret(judge, auth.bearer, auth.bearer_file, path + ".bearer");
  const bool basic = !auth.basic.empty() || !auth.basic_file.empty();
  const bool bearer = !auth.bearer.empty() || !auth.bearer_file.empty();
  judge.require(!basic || !bearer, path, "it has both basic and bearer; remove one");
}

namespace {

void validate_template(const Judge& judge, const std::string& text,
                       std::span<const std::string_view> names, const std::string& path) {
  if (const auto error = find_template_error(text, names)) {
    judge.refuse(path, "use", *error);
  }
}

void validate_rotate(const Judge& judge, const logging::RotateConfig& rotate,
                     const std::string& path) {
  judge.require(!rotate.interval || *rotate.interval >= base::seconds(1), path + ".interval",
                "it must be at least 1s");
  judge.require(!rotate.keep_age || *rotate.keep_age >= base::seconds(1), path + ".keep_age",
                "it must be at least 1s");
  if (!rotate.command.empty()) {
    judge.require(!rotate.command.argv.front().empty(), path + ".command", "the command is empty");
  }
}

bool is_of_records(logging::SinkFormat format) {
  return format == logging::SinkFormat::kJson || format == logging::SinkFormat::kLogfmt;
}

void validate_timestamp(const Judge& judge, logging::SinkFormat format,
                        std::optional<logging::Timestamp> timestamp, const std::string& path) {
  const bool is_wanted = timestamp && *timestamp != logging::Timestamp::kNone;
  judge.require(!is_of_records(format) || !is_wanted, path + ".timestamp",
                "json and logfmt carry the time themselves; leave timestamp out");
}

void validate_file(const Judge& judge, const logging::FileSinkConfig& file,
                   const std::string& path) {
  judge.require(file.path.starts_with('/'), path + ".path", "the path must begin with /");
  judge.require(!file.path.ends_with('/'), path + ".path", "the path names a directory, no file");
  validate_template(judge, file.path, logging::kPathNames, path + ".path");
  validate_timestamp(judge, file.format, file.timestamp, path);
  validate_rotate(judge, file.rotate, path + ".rotate");
  judge.require(file.sync_interval >= base::milliseconds(10), path + ".sync_interval",
                "it must be at least 10ms");
  judge.require(file.mode.bits <= 0777, path + ".mode", "it must be \"0000\" to \"0777\"");
}

void validate_console(const Judge& judge, const logging::ConsoleSinkConfig& console,
                      const std::string& path) {
  validate_template(judge, console.prefix, logging::kTextNames, path + ".prefix");
  judge.require(!is_of_records(console.format) || console.prefix.empty(), path + ".prefix",
                "json and logfmt lines begin with the record; leave prefix out");
  validate_timestamp(judge, console.format, console.timestamp, path);
}

/// A sink of a base image may name services that this image does not have: no error.
void validate_services(const Judge& judge, const logging::SinkConfig& sink,
                       const std::string& path) {
  std::vector<std::string> names;
  for (const auto& [name, service] : judge.config().services) {
    names.push_back(name);
  }
  for (std::size_t index = 0; index < sink.services.size(); ++index) {
    const std::string item = fmt::format("{}[{}]", path, index);
    std::string_view name = sink.services[index];
    name.remove_prefix(name.starts_with('!') ? 1 : 0);
    judge.require(!name.empty(), item, "the name is empty");
    const bool is_glob = name.find_first_of("*?") != std::string_view::npos;
    if (!name.empty() && !is_glob && !judge.config().services.contains(std::string(name))) {
      const auto near = base::nearest(name, names);
      judge.warn(item, "use",
                 fmt::format("there is no service \"{}\"{}", name,
                             near ? fmt::format(" (did you mean {}?)", *near) : ""));
    }
  }
}

void validate_network(const Judge& judge, const logging::NetworkConfig& network,
                      const std::string& path) {
  judge.require(network.batch.bytes.bytes > 0, path + ".batch.bytes", "it must be more than 0");
  judge.require(network.batch.records > 0, path + ".batch.records", "it must be more than 0");
  judge.require(network.retry.initial.ns > 0, path + ".retry.initial", "it must be more than 0");
  judge.require(network.retry.max >= network.retry.initial, path + ".retry.max",
                "it is less than retry.initial");
  judge.require(network.timeout.ms() > 0, path + ".timeout", "it must be at least 1ms");
  if (network.spool) {
    judge.require(network.spool->directory.empty() || network.spool->directory.starts_with('/'),
                  path + ".spool.directory", "the path must begin with /");
    judge.require(network.spool->bytes.bytes >= (1U << 20U), path + ".spool.bytes",
                  "it must be at least 1MiB");
  }
}

/// The destinations whose events are text.
bool takes_format(const logging::SinkConfig& sink) {
  switch (sink.type) {
    case logging::SinkType::kSyslog:
    case logging::SinkType::kPapertrail:
    case logging::SinkType::kLogentries:
    case logging::SinkType::kLoki:
      return true;
    case logging::SinkType::kHttp:
      return sink.http.body == logging::HttpBody::kText;
    default:
      return false;
  }
}

void validate_network_format(const Judge& judge, const logging::SinkConfig& sink,
                             const std::string& path) {
  const logging::NetworkConfig& network = sink.network;
  const bool is_taken = takes_format(sink);
  const std::string_view why = sink.type == logging::SinkType::kHttp
                                   ? "only with body = \"text\"; JSON bodies have their own form"
                                   : "its events have a form of their own; leave it out";
  judge.require(is_taken || !network.format, path + ".format", why);
  judge.require(is_taken || !network.timestamp, path + ".timestamp", why);
  if (is_taken) {
    validate_timestamp(judge, network.format.value_or(logging::SinkFormat::kRaw), network.timestamp,
                       path);
  }
}

void validate_loggly(const Judge& judge, const logging::LogglySinkConfig& loggly,
                     const std::string& path) {
  validate_url(judge, loggly.url, path + ".url");
  validate_secret(judge, loggly.token, loggly.token_file, path + ".token");
  judge.require(!loggly.token.empty() || !loggly.token_file.empty(), path,
                "it needs token or token_file");
  judge.require(!loggly.tags.empty(), path, "it needs tags, at least one");
  for (std::size_t index = 0; index < loggly.tags.size(); ++index) {
    validate_template(judge, loggly.tags[index], logging::kLabelNames,
                      fmt::format("{}.tags[{}]", path, index));
  }
}

void validate_loki(const Judge& judge, const logging::LokiSinkConfig& loki,
                   const std::string& path) {
  validate_url(judge, loki.url, path + ".url");
  validate_auth(judge, loki.auth, path + ".auth");
  judge.require(!loki.labels.empty(), path + ".labels", "Loki needs at least one label");
  for (const auto& [name, value] : loki.labels) {
    const std::string label = path + ".labels." + name;
    const bool is_word = name.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_") == std::string::npos;
    judge.require(is_word && !name.empty() && (name[0] < '0' || name[0] > '9'), label,
                  "the name of a label has letters, digits and `_`");
    validate_template(judge, value, logging::kLabelNames, label);
  }
}

}  // namespace

void validate_sink(const Judge& judge, const logging::SinkConfig& sink, const std::string& path) {
  validate_services(judge, sink, path + ".services");
  if (is_network(sink.type)) {
    validate_network(judge, sink.network, path);
    validate_network_format(judge, sink, path);
  }
  validate_match(judge, sink.match, path + ".match");
  validate_pipeline_names(judge, sink.pipeline, path + ".pipeline");
  switch (sink.type) {
    case logging::SinkType::kFile:
      validate_file(judge, sink.file, path);
      break;
    case logging::SinkType::kConsole:
      validate_console(judge, sink.console, path);
      break;
    case logging::SinkType::kHttp:
      validate_url(judge, sink.http.url, path + ".url");
      validate_auth(judge, sink.http.auth, path + ".auth");
      break;
    case logging::SinkType::kLoggly:
      validate_loggly(judge, sink.loggly, path);
      break;
    case logging::SinkType::kElasticsearch:
      validate_url(judge, sink.elasticsearch.url, path + ".url");
      validate_auth(judge, sink.elasticsearch.auth, path + ".auth");
      validate_secret(judge, sink.elasticsearch.api_key, sink.elasticsearch.api_key_file,
                      path + ".api_key");
      judge.require(!sink.elasticsearch.index.empty(), path + ".index", "the name is empty");
      break;
    case logging::SinkType::kLoki:
      validate_loki(judge, sink.loki, path);
      break;
    case logging::SinkType::kSyslog:
    case logging::SinkType::kPapertrail:
    case logging::SinkType::kLogentries:
    case logging::SinkType::kLogstash:
      validate_stream_sink(judge, sink, path);
      break;
    case logging::SinkType::kGelf:
    case logging::SinkType::kForward:
    case logging::SinkType::kSplunkHec:
    case logging::SinkType::kDatadog:
    case logging::SinkType::kNewRelic:
    case logging::SinkType::kSumologic:
    case logging::SinkType::kOtlp:
      validate_vendor_sink(judge, sink, path);
      break;
  }
}

}  // namespace supervisor
