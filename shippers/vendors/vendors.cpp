#include "shippers/vendors/vendors.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "base/check.h"
#include "base/text.h"

namespace shippers {

namespace {

constexpr std::size_t kSecretBytesMax = 64 * 1024;

base::Result<std::string> read_secret(const base::Secret& secret, const std::string& file) {
  if (file.empty()) {
    return secret.text;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return base::fail_errno(fmt::format("cannot read {}", file));
  }
  std::string text(kSecretBytesMax, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return std::string(base::trim(text));
}

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t index = 0; index < 3; ++index) {
      bits = bits << 8U |
             (at + index < text.size() ? static_cast<unsigned char>(text[at + index]) : 0U);
    }
    for (std::size_t index = 0; index < 4; ++index) {
      out += at + index > text.size() ? '=' : kDigits[(bits >> (18 - 6 * index)) & 63U];
    }
  }
  return out;
}

base::Result<std::string> read_authorization(const logging::AuthConfig& auth) {
  TRY_ASSIGN(const std::string basic, read_secret(auth.basic, auth.basic_file));
  if (!basic.empty()) {
    return "Basic " + base64(basic);
  }
  TRY_ASSIGN(const std::string bearer, read_secret(auth.bearer, auth.bearer_file));
  return bearer.empty() ? std::string() : "Bearer " + bearer;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url;
}

}  // namespace

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
    case logging::SinkType::kFile:
    case logging::SinkType::kConsole:
      break;
  }
  ASSERT(!"the type is no HTTP vendor");
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
  }
  return values;
}

base::Result<VendorValues> read_values(const logging::SinkConfig& config) {
  VendorValues values = plain_values(config);
  TRY_ASSIGN(values.token, read_secret(config.loggly.token, config.loggly.token_file));
  const logging::ElasticsearchSinkConfig& search = config.elasticsearch;
  TRY_ASSIGN(const std::string key, read_secret(search.api_key, search.api_key_file));
  if (!key.empty()) {
    values.authorization = "ApiKey " + base64(key);
    return values;
  }
  for (const logging::AuthConfig* auth : {&config.http.auth, &search.auth, &config.loki.auth}) {
    TRY_ASSIGN(const std::string authorization, read_authorization(*auth));
    values.authorization += authorization;  // a sink has but one type
  }
  return values;
}

}  // namespace shippers
