#include "shippers/vendors/vendors.h"

#include "base/check.h"

namespace shippers {

namespace {

const Vendor& vendor_of_body(logging::HttpBody body) {
  switch (body) {
    case logging::HttpBody::kNdjson:
      return kHttpNdjson;
    case logging::HttpBody::kJsonArray:
      return kHttpJsonArray;
    case logging::HttpBody::kText:
      return kHttpText;
  }
  return kHttpNdjson;
}

}  // namespace

bool is_http_vendor(const logging::SinkConfig& config) {
  switch (config.type) {
    case logging::SinkType::kHttp:
    case logging::SinkType::kLoggly:
    case logging::SinkType::kElasticsearch:
    case logging::SinkType::kLoki:
    case logging::SinkType::kSplunkHec:
    case logging::SinkType::kDatadog:
    case logging::SinkType::kNewRelic:
    case logging::SinkType::kSumologic:
    case logging::SinkType::kOtlp:
      return true;
    case logging::SinkType::kGelf:
      return config.gelf.address.starts_with("http");
    case logging::SinkType::kLogentries:
      return config.logentries.address.starts_with("http");
    case logging::SinkType::kLogstash:
      return config.logstash.protocol == logging::LogstashProtocol::kHttp;
    case logging::SinkType::kFile:
    case logging::SinkType::kConsole:
    case logging::SinkType::kSyslog:
    case logging::SinkType::kPapertrail:
    case logging::SinkType::kForward:
      break;
  }
  return false;
}

const Vendor& vendor_of(const logging::SinkConfig& config) {
  switch (config.type) {
    case logging::SinkType::kHttp:
      return vendor_of_body(config.http.body);
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
    case logging::SinkType::kGelf:
      return kGelf;
    case logging::SinkType::kSplunkHec:
      return kSplunkHec;
    case logging::SinkType::kDatadog:
      return kDatadog;
    case logging::SinkType::kNewRelic:
      return kNewRelic;
    case logging::SinkType::kSumologic:
      return kSumologic;
    case logging::SinkType::kOtlp:
      return kOtlp;
    case logging::SinkType::kFile:
    case logging::SinkType::kConsole:
    case logging::SinkType::kSyslog:
    case logging::SinkType::kPapertrail:
    case logging::SinkType::kForward:
      break;
  }
  ASSERT(false && "the type is no HTTP vendor");
  return kHttpNdjson;
}

}  // namespace shippers
