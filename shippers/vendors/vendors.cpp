#include "shippers/vendors/vendors.h"

#include <fmt/format.h>

#include "base/check.h"
#include "shippers/vendors/secrets.h"

namespace shippers {

namespace {

std::string without_slash(std::string url) {
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

}  // namespace

bool is_http_vendor(const logging::SinkConfig& config) {
  switch (config.type) {
    case logging::SinkType::kHttp:
    case logging::SinkType::kLoggly:
    case logging::SinkType::kElasticsearch:
    case logging::SinkType::kLoki:
      return true;
    case logging::SinkType::kLogentries:
      return config.logentries.address.starts_with("http");
    case logging::SinkType::kLogstash:
      return config.logstash.protocol == logging::LogstashProtocol::kHttp;
    case logging::SinkType::kFile:
    case logging::SinkType::kConsole:
    case logging::SinkType::kSyslog:
    case logging::SinkType::kPapertrail:
      break;
  }
  return false;
}

const Vendor& vendor_of(const logging::SinkConfig& config) {
  switch (config.type) {
    case logging::SinkType::kHttp:
      switch (config.http.body) {
        case logging::HttpBody::kNdjson:
          return kHttpNdjson;
        case logging::HttpBody::kJsonArray:
          return kHttpJsonArray;
        case logging::HttpBody::kText:
          return kHttpText;
      }
      return kHttpNdjson;
    case logging::SinkType::kLoggly:
      return kLoggly;
    case logging::SinkType::kElasticsearch:
      return kElasticsearch;
    case logging::SinkType::kLoki:
      return kLoki;
    case logging::SinkType::kLogentries:
      return kLogentries;
    case logging::SinkType::kLogstash:
      return kLogstash;
    case logging::SinkType::kFile:
    case logging::SinkType::kConsole:
    case logging::SinkType::kSyslog:
    case logging::SinkType::kPapertrail:
      break;
  }
  ASSERT(false && "the type is no HTTP vendor");
  return kHttpNdjson;
}

VendorValues plain_values(const logging::SinkConfig& config) {
  VendorValues values;
  if (config.type == logging::SinkType::kHttp) {
    values.url = config.http.url;
  } else if (config.type == logging::SinkType::kLoggly) {
    values.url = without_slash(config.loggly.url);
    values.tags = fmt::format("{}", fmt::join(config.loggly.tags, ","));
  } else if (config.type == logging::SinkType::kElasticsearch) {
    values.url = without_slash(config.elasticsearch.url);
    values.index = config.elasticsearch.index;
  } else if (config.type == logging::SinkType::kLoki) {
    values.url = without_slash(config.loki.url);
    values.labels = config.loki.labels;
    values.tenant = config.loki.tenant;
  } else if (config.type == logging::SinkType::kLogentries) {
    values.url = without_slash(config.logentries.address);
  } else if (config.type == logging::SinkType::kLogstash) {
    values.url = config.logstash.address;
  }
  return values;
}

base::Result<VendorValues> read_values(const logging::SinkConfig& config) {
  VendorValues values = plain_values(config);
  TRY_ASSIGN(values.token, read_secret(config.loggly.token, config.loggly.token_file));
  if (config.type == logging::SinkType::kLogentries) {
    TRY_ASSIGN(values.token, read_secret(config.logentries.token, config.logentries.token_file));
  }
  const logging::ElasticsearchSinkConfig& search = config.elasticsearch;
  TRY_ASSIGN(const std::string key, read_secret(search.api_key, search.api_key_file));
  if (!key.empty()) {
    values.authorization = "ApiKey " + base64(key);
    return values;
  }
  for (const logging::AuthConfig* auth :
       {&config.http.auth, &search.auth, &config.loki.auth, &config.logstash.auth}) {
    TRY_ASSIGN(const std::string authorization, read_authorization(*auth));
    values.authorization += authorization;  // a sink has but one type
  }
  return values;
}

}  // namespace shippers
