// The generic HTTP sink (protocol card 15): any server that takes lines or JSON.
#include "shippers/vendors/json_line.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr RequestLimits kLimits{
    .bytes = 16'000'000, .event_bytes = 1'000'000, .events = 100'000, .concurrency = 1};

void encode_ndjson(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
                   std::string& text) {
  append_json_line(line, "time", text);
  text += '\n';
}

void encode_json(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
                 std::string& text) {
  append_json_line(line, "time", text);
}

void encode_text(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
                 std::string& text) {
  text += raw_text(line);
  text += '\n';
}

}  // namespace

const Vendor kHttpNdjson{.name = "http",
                         .url = "{url}",
                         .content_type = "application/x-ndjson",
                         .headers = {},
                         .envelope = {},
                         .limits = kLimits,
                         .encode = encode_ndjson};

const Vendor kHttpJsonArray{.name = "http",
                            .url = "{url}",
                            .content_type = "application/json",
                            .headers = {},
                            .envelope = {.begin = "[", .separator = ",", .end = "]"},
                            .limits = kLimits,
                            .encode = encode_json};

const Vendor kHttpText{.name = "http",
                       .url = "{url}",
                       .content_type = "text/plain; charset=utf-8",
                       .headers = {},
                       .envelope = {},
                       .limits = kLimits,
                       .encode = encode_text};

}  // namespace shippers
