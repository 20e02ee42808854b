// Sinks whose type is a log service or a collector with an interface of its own
// (logging/vendor_config.h).
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/endpoint.h"
#include "supervisor/config/template_check.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

using Kind = base::Endpoint::Kind;

void validate_label(const Judge& judge, const std::string& text, const std::string& path) {
  if (const auto error = find_template_error(text, logging::kLabelNames)) {
    judge.refuse(path, "use", *error);
  }
}

void validate_labels(const Judge& judge, const std::map<std::string, std::string>& labels,
                     const std::string& path) {
  for (const auto& [name, value] : labels) {
    judge.require(!name.empty(), path, "a name is empty");
    validate_label(judge, value, path + "." + name);
  }
}

/// `key` or `key`_file, exactly one of them, and no space in it.
void validate_key(const Judge& judge, const base::Secret& secret, const std::string& file,
                  const std::string& path, std::string_view key) {
  const std::string full = fmt::format("{}.{}", path, key);
  validate_secret(judge, secret, file, full);
  judge.require(!secret.empty() || !file.empty(), path,
                fmt::format("it needs {} or {}_file", key, key));
  judge.require(secret.text.find_first_of(" \t\r\n") == std::string::npos, full,
                "there is a space in it");
}

/// Nothing when it was told what is wrong with the address.
std::optional<base::Endpoint> validate_address(const Judge& judge, const std::string& address,
                                               const std::string& path) {
  const auto endpoint = base::parse_endpoint(address);
  if (!endpoint) {
    judge.refuse(path + ".address", "use",
                 address.empty() ? "it is missing" : endpoint.error().message);
    return std::nullopt;
  }
  return *endpoint;
}

void validate_gelf(const Judge& judge, const logging::GelfSinkConfig& gelf,
                   const std::string& path) {
  constexpr std::uint64_t kDatagramBytesMin = 512;
  constexpr std::uint64_t kDatagramBytesMax = 8192;
  const bool is_url = gelf.address.starts_with("http://") || gelf.address.starts_with("https://");
  if (!is_url) {
    const auto endpoint = validate_address(judge, gelf.address, path);
    judge.require(!endpoint || endpoint->kind != Kind::kUnix, path + ".address",
                  "it must begin with udp://, tcp://, tls://, http:// or https://");
  }
  judge.require(gelf.datagram_bytes.bytes >= kDatagramBytesMin &&
                    gelf.datagram_bytes.bytes <= kDatagramBytesMax,
                path + ".datagram_bytes", "it must be 512 to 8192");
  validate_label(judge, gelf.hostname, path + ".hostname");
  validate_auth(judge, gelf.auth, path + ".auth");
}

void validate_forward(const Judge& judge, const logging::ForwardSinkConfig& forward,
                      const std::string& path) {
  const auto endpoint = validate_address(judge, forward.address, path);
  judge.require(!endpoint || endpoint->kind == Kind::kTcp || endpoint->kind == Kind::kTls,
                path + ".address", "it must begin with tcp:// or tls://");
  judge.require(!forward.tag.empty(), path + ".tag", "the tag is empty");
  validate_label(judge, forward.tag, path + ".tag");
  validate_secret(judge, forward.shared_key, forward.shared_key_file, path + ".shared_key");
  validate_secret(judge, forward.password, forward.password_file, path + ".password");
  const bool has_password = !forward.password.empty() || !forward.password_file.empty();
  const bool has_key = !forward.shared_key.empty() || !forward.shared_key_file.empty();
  judge.require(has_password == !forward.username.empty(), path,
                "username and password go together");
  judge.require(has_key || forward.username.empty(), path + ".username",
                "a receiver asks for it only where it has a shared key; set shared_key");
}

void validate_splunk(const Judge& judge, const logging::SplunkSinkConfig& splunk,
                     const std::string& path) {
  validate_url(judge, splunk.url, path + ".url");
  validate_key(judge, splunk.token, splunk.token_file, path, "token");
  validate_label(judge, splunk.source, path + ".source");
}

void validate_datadog(const Judge& judge, const logging::DatadogSinkConfig& datadog,
                      const std::string& path) {
  validate_key(judge, datadog.api_key, datadog.api_key_file, path, "api_key");
  if (!datadog.url.empty()) {
    validate_url(judge, datadog.url, path + ".url");
  }
  const bool is_host = !datadog.site.empty() &&
                       datadog.site.find_first_of("/: ") == std::string::npos &&
                       datadog.site.find('.') != std::string::npos;
  judge.require(is_host, path + ".site", "it is a host's name, like datadoghq.eu");
  validate_label(judge, datadog.source, path + ".source");
  for (std::size_t index = 0; index < datadog.tags.size(); ++index) {
    const std::string& tag = datadog.tags[index];
    const std::string item = fmt::format("{}.tags[{}]", path, index);
    const bool is_pair = tag.find(':') != std::string::npos && !tag.starts_with(':') &&
                         !tag.ends_with(':') && tag.find(',') == std::string::npos;
    judge.require(is_pair, item, "a tag is \"name:value\"");
    validate_label(judge, tag, item);
  }
}

void validate_newrelic(const Judge& judge, const logging::NewRelicSinkConfig& newrelic,
                       const std::string& path) {
  validate_key(judge, newrelic.api_key, newrelic.api_key_file, path, "api_key");
  if (!newrelic.url.empty()) {
    validate_url(judge, newrelic.url, path + ".url");
  }
  validate_labels(judge, newrelic.attributes, path + ".attributes");
}

void validate_sumologic(const Judge& judge, const logging::SumologicSinkConfig& sumologic,
                        const std::string& path) {
  validate_key(judge, sumologic.url, sumologic.url_file, path, "url");
  if (!sumologic.url.empty()) {
    validate_url(judge, sumologic.url.text, path + ".url");
  }
}

void validate_otlp(const Judge& judge, const logging::OtlpSinkConfig& otlp,
                   const std::string& path) {
  validate_url(judge, otlp.url, path + ".url");
  validate_labels(judge, otlp.resource, path + ".resource");
  validate_auth(judge, otlp.auth, path + ".auth");
}

}  // namespace

void validate_vendor_sink(const Judge& judge, const logging::SinkConfig& sink,
                          const std::string& path) {
  if (sink.type == logging::SinkType::kGelf) {
    validate_gelf(judge, sink.gelf, path);
  } else if (sink.type == logging::SinkType::kForward) {
    validate_forward(judge, sink.forward, path);
  } else if (sink.type == logging::SinkType::kSplunkHec) {
    validate_splunk(judge, sink.splunk_hec, path);
  } else if (sink.type == logging::SinkType::kDatadog) {
    validate_datadog(judge, sink.datadog, path);
  } else if (sink.type == logging::SinkType::kNewRelic) {
    validate_newrelic(judge, sink.newrelic, path);
  } else if (sink.type == logging::SinkType::kSumologic) {
    validate_sumologic(judge, sink.sumologic, path);
  } else {
    validate_otlp(judge, sink.otlp, path);
  }
}

}  // namespace supervisor
