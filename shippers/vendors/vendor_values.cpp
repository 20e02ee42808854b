// What the placeholders of a vendor stand for, from the keys of its sink.
#include <fmt/format.h>

#include "shippers/vendors/secrets.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

using logging::SinkType;

std::string without_slash(std::string url) {
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

std::string_view host_of(logging::NewRelicRegion region) {
  switch (region) {
    case logging::NewRelicRegion::kUs:
      return "https://log-api.newrelic.com";
    case logging::NewRelicRegion::kEu:
      return "https://log-api.eu.newrelic.com";
    case logging::NewRelicRegion::kGov:
      return "https://gov-log-api.newrelic.com";
  }
  return {};
}

void fill_collectors(const logging::SinkConfig& config, VendorValues& values) {
  if (config.type == SinkType::kGelf) {
    values.url = config.gelf.address;
    values.host = config.gelf.hostname;
  } else if (config.type == SinkType::kOtlp) {
    values.url = without_slash(config.otlp.url);
    values.labels = config.otlp.resource;
    values.headers = config.otlp.headers;
  } else if (config.type == SinkType::kLogstash) {
    values.url = config.logstash.address;
  }
}

void fill_services(const logging::SinkConfig& config, VendorValues& values) {
  if (config.type == SinkType::kSplunkHec) {
    values.url = without_slash(config.splunk_hec.url);
    values.index = config.splunk_hec.index;
    values.source = config.splunk_hec.source;
    values.category = config.splunk_hec.sourcetype;
    values.channel = config.splunk_hec.channel;
  } else if (config.type == SinkType::kDatadog) {
    values.url = config.datadog.url.empty() ? "https://http-intake.logs." + config.datadog.site
                                            : without_slash(config.datadog.url);
    values.source = config.datadog.source;
    values.tags = fmt::format("{}", fmt::join(config.datadog.tags, ","));
  } else if (config.type == SinkType::kNewRelic) {
    values.url = config.newrelic.url.empty() ? std::string(host_of(config.newrelic.region))
                                             : without_slash(config.newrelic.url);
    values.labels = config.newrelic.attributes;
  } else if (config.type == SinkType::kSumologic) {
    values.category = config.sumologic.category;
    values.source = config.sumologic.source_name;
    values.host = config.sumologic.source_host;
  }
}

/// The secret that a token is in, and its file; null: the type has none.
struct TokenPlace {
  const base::Secret* secret = nullptr;
  const std::string* file = nullptr;
};

TokenPlace token_of(const logging::SinkConfig& config) {
  switch (config.type) {
    case SinkType::kLoggly:
      return {&config.loggly.token, &config.loggly.token_file};
    case SinkType::kLogentries:
      return {&config.logentries.token, &config.logentries.token_file};
    case SinkType::kSplunkHec:
      return {&config.splunk_hec.token, &config.splunk_hec.token_file};
    case SinkType::kDatadog:
      return {&config.datadog.api_key, &config.datadog.api_key_file};
    case SinkType::kNewRelic:
      return {&config.newrelic.api_key, &config.newrelic.api_key_file};
    case SinkType::kFile:
    case SinkType::kConsole:
    case SinkType::kHttp:
    case SinkType::kElasticsearch:
    case SinkType::kLoki:
    case SinkType::kSyslog:
    case SinkType::kPapertrail:
    case SinkType::kLogstash:
    case SinkType::kGelf:
    case SinkType::kForward:
    case SinkType::kSumologic:
    case SinkType::kOtlp:
      break;
  }
  return {};
}

}  // namespace

VendorValues plain_values(const logging::SinkConfig& config) {
  VendorValues values;
  if (config.type == SinkType::kHttp) {
    values.url = config.http.url;
    values.headers = config.http.headers;
  } else if (config.type == SinkType::kLoggly) {
    values.url = without_slash(config.loggly.url);
    values.tags = fmt::format("{}", fmt::join(config.loggly.tags, ","));
  } else if (config.type == SinkType::kElasticsearch) {
    values.url = without_slash(config.elasticsearch.url);
    values.index = config.elasticsearch.index;
  } else if (config.type == SinkType::kLoki) {
    values.url = without_slash(config.loki.url);
    values.labels = config.loki.labels;
    values.tenant = config.loki.tenant;
  } else if (config.type == SinkType::kLogentries) {
    values.url = without_slash(config.logentries.address);
  }
  fill_collectors(config, values);
  fill_services(config, values);
  return values;
}

base::Result<VendorValues> read_values(const logging::SinkConfig& config) {
  VendorValues values = plain_values(config);
  if (const TokenPlace token = token_of(config); token.secret != nullptr) {
    TRY_ASSIGN(values.token, read_secret(*token.secret, *token.file));
  }
  if (config.type == SinkType::kSumologic) {
    TRY_ASSIGN(values.url, read_secret(config.sumologic.url, config.sumologic.url_file));
  }
  const logging::ElasticsearchSinkConfig& search = config.elasticsearch;
  TRY_ASSIGN(const std::string key, read_secret(search.api_key, search.api_key_file));
  if (!key.empty()) {
    values.authorization = "ApiKey " + base64(key);
    return values;
  }
  for (const logging::AuthConfig* auth :
       {&config.http.auth, &search.auth, &config.loki.auth, &config.logstash.auth,
        &config.gelf.auth, &config.otlp.auth}) {
    TRY_ASSIGN(const std::string authorization, read_authorization(*auth));
    values.authorization += authorization;  // a sink has but one type
  }
  return values;
}

}  // namespace shippers
