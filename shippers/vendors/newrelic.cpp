// New Relic's Log API (protocol card 9). What it does not take after its 202 it tells nobody by
// this way. Whether its limit of 1 MB is that of the packed or of the plain body is contested: the
// plain one is kept below it.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "base/units.h"
#include "logging/record.h"
#include "shippers/vendors/json_fields.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr int kNotAllowed = 405;
constexpr int kLengthRequired = 411;

void append_attribute(const Line& line, std::string_view name, std::string_view value,
                      std::string& out) {
  if (has_field(line, name)) {
    return;
  }
  out += out.ends_with('{') ? "" : ",";
  base::append_json_string(out, name);
  out += ':';
  base::append_json_string(out, value);
}

void encode(const Line& line, const VendorValues& values, std::string& /*key*/, std::string& text) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  text += fmt::format("{{\"timestamp\":{},\"message\":", line.time_ns / kNsPerMs);
  base::append_json_string(text, line.text);
  text += ",\"attributes\":{";
  append_attribute(line, "hostname", line.host, text);
  append_attribute(line, "service", line.service, text);
  append_attribute(line, "stream", logging::stream_name(line.stream), text);
  append_attribute(line, "level", logging::severity_name(severity_of(line)), text);
  for (const auto& [name, value] : values.labels) {
    append_attribute(line, name, expand_label(value, line), text);
  }
  append_json_fields(line, text);
  text += "}}";
}

Outcome classify(const HttpResponse& response, std::size_t /*events*/) {
  Outcome outcome = outcome_of(response);
  if (response.status == kNotAllowed || response.status == kLengthRequired) {
    outcome.verdict = Verdict::kPark;  // something stands between us and New Relic
  }
  return outcome;
}

}  // namespace

const Vendor kNewRelic{
    .name = "newrelic",
    .url = "{url}/log/v1",
    .content_type = "application/json",
    .headers = {"Api-Key: {token}", {}, {}},
    .envelope = {.begin = "[{\"logs\":[", .separator = ",", .end = "]}]"},
    .limits = {.bytes = 900'000, .event_bytes = 900'000, .events = 5'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode,
    .classify = classify};

}  // namespace shippers
