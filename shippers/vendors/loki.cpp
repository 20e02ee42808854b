// Grafana Loki's push API in JSON (protocol card 6). Events are grouped by their labels; a line's
// time is made unique within its read, since Loki takes equal lines of one nanosecond for one.
#include <map>
#include <vector>

#include "base/json_writer.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr int kIngestionBlocked = 260;

void encode(const Line& line, const VendorValues& values, std::string& key, std::string& text) {
  base::JsonWriter labels;
  labels.begin_object();
  for (const auto& [name, value] : values.labels) {
    labels.field(name, std::string_view(expand_label(value, line)));
  }
  key += labels.end_object().text();
  base::JsonWriter entry;
  entry.begin_array()
      .value(std::string_view(std::to_string(line.time_ns + line.ordinal)))
      .value(raw_text(line))
      .end_array();
  text += entry.text();
}

std::string body(std::span<const SpoolEvent> events) {
  std::vector<std::string> streams;
  std::map<std::string_view, std::size_t> known;
  for (const SpoolEvent& event : events) {
    const auto [found, fresh] = known.try_emplace(event.key, streams.size());
    if (fresh) {
      streams.push_back("{\"stream\":" + std::string(event.key) + ",\"values\":[");
    }
    std::string& stream = streams[found->second];
    stream += fresh ? "" : ",";
    stream += event.text;
  }
  std::string out = "{\"streams\":[";
  for (std::size_t index = 0; index < streams.size(); ++index) {
    out += (index == 0 ? "" : ",") + streams[index] + "]}";
  }
  return out + "]}";
}

Outcome classify(const HttpResponse& response, std::size_t /*events*/) {
  Outcome outcome = outcome_of(response);
  if (response.status == kIngestionBlocked) {
    outcome.verdict = Verdict::kPark;
    outcome.reason = "cannot send: Loki blocks ingestion (status 260)";
  }
  // Of a request that does not pass its checks Loki has stored what did.
  outcome.is_divisible = false;
  return outcome;
}

}  // namespace

const Vendor kLoki{
    .name = "loki",
    .url = "{url}/loki/api/v1/push",
    .content_type = "application/json",
    .headers = {"X-Scope-OrgID: {tenant}", {}},
    .envelope = {},
    .limits = {.bytes = 4'000'000, .event_bytes = 256'000, .events = 50'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode,
    .body = body,
    .classify = classify};

}  // namespace shippers
