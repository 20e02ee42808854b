// The explicit list of HTTP vendors.
#pragma once

#include "logging/sink_config.h"
#include "shippers/vendors/vendor.h"

namespace shippers {

extern const Vendor kHttpNdjson;
extern const Vendor kHttpJsonArray;
extern const Vendor kHttpText;
extern const Vendor kLoggly;
extern const Vendor kElasticsearch;
extern const Vendor kLoki;
extern const Vendor kLogentries;
extern const Vendor kLogstash;
extern const Vendor kGelf;
extern const Vendor kSplunkHec;
extern const Vendor kDatadog;
extern const Vendor kNewRelic;
extern const Vendor kSumologic;
extern const Vendor kOtlp;

/// It speaks HTTP, of the types that have several protocols as it is configured.
[[nodiscard]] bool is_http_vendor(const logging::SinkConfig& config);

/// Of a sink whose type is an HTTP vendor.
[[nodiscard]] const Vendor& vendor_of(const logging::SinkConfig& config);

/// What its placeholders stand for as far as no secret is needed: what encode() may use.
[[nodiscard]] VendorValues plain_values(const logging::SinkConfig& config);

/// What its placeholders stand for; reads token files. An error names the file.
[[nodiscard]] base::Result<VendorValues> read_values(const logging::SinkConfig& config);

}  // namespace shippers
