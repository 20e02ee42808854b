// Splunk's HTTP Event Collector (protocol card 7): JSON objects behind each other, never an array.
// Whether it keeps the events before the one that it refuses is not documented, so they are sent
// again; acknowledgements are not asked for.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "base/units.h"
#include "shippers/vendors/json_line.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

void append_member(std::string_view name, std::string_view value, std::string& out) {
  if (!value.empty()) {
    out += ",\"";
    out += name;
    out += "\":";
    base::append_json_string(out, value);
  }
}

void encode(const Line& line, const VendorValues& values, std::string& /*key*/, std::string& text) {
  constexpr std::uint64_t kNsPerUs = 1'000;
  constexpr std::uint64_t kUsPerSecond = 1'000'000;
  const std::uint64_t us = line.time_ns / kNsPerUs;
  text += fmt::format("{{\"time\":{}.{:06}", us / kUsPerSecond, us % kUsPerSecond);
  append_member("host", line.host, text);
  append_member("source", expand_label(values.source, line), text);
  append_member("sourcetype", values.category, text);
  append_member("index", values.index, text);
  text += ",\"event\":{";
  append_json_members(line, text);
  text += "}}";
}

/// Its own codes, of which a status has several.
enum class Meaning : std::uint8_t { kEvent, kConfiguration, kBusy };
struct Code {
  std::int64_t code;
  Meaning meaning;
};
constexpr auto kCodes = std::to_array<Code>({
    {1, Meaning::kConfiguration},  {2, Meaning::kConfiguration},  {3, Meaning::kConfiguration},
    {4, Meaning::kConfiguration},  {5, Meaning::kEvent},          {6, Meaning::kEvent},
    {7, Meaning::kConfiguration},  {8, Meaning::kBusy},           {9, Meaning::kBusy},
    {10, Meaning::kConfiguration}, {11, Meaning::kConfiguration}, {12, Meaning::kEvent},
    {13, Meaning::kEvent},         {14, Meaning::kConfiguration}, {15, Meaning::kEvent},
    {16, Meaning::kConfiguration}, {18, Meaning::kBusy},          {19, Meaning::kBusy},
    {20, Meaning::kBusy},          {21, Meaning::kConfiguration}, {22, Meaning::kConfiguration},
});

/// It names the event: that one goes, the others are sent again.
void blame(std::int64_t bad, std::size_t events, Outcome& outcome) {
  outcome.verdict = Verdict::kAccepted;
  for (std::uint32_t event = 0; event < events; ++event) {
    outcome.exceptions.push_back({event, event == bad ? Verdict::kReject : Verdict::kRetry});
  }
}

Outcome classify(const HttpResponse& response, std::size_t events) {
  Outcome outcome = outcome_of(response);
  simdjson::dom::parser parser;
  simdjson::dom::element reply;
  std::int64_t code = -1;
  const bool is_known = parser.parse(response.body).get(reply) == simdjson::SUCCESS &&
                        reply["code"].get(code) == simdjson::SUCCESS;
  if (outcome.verdict == Verdict::kAccepted) {
    if (!is_known || code != 0) {
      outcome.verdict = Verdict::kRetry;
      outcome.reason = "cannot send: the answer is not Splunk's code 0";
    }
    return outcome;
  }
  const auto* found = std::ranges::find(kCodes, code, &Code::code);
  if (!is_known || found == kCodes.end()) {
    return outcome;
  }
  std::int64_t bad = -1;
  switch (found->meaning) {
    case Meaning::kConfiguration:
      outcome.verdict = Verdict::kPark;
      break;
    case Meaning::kBusy:
      outcome.verdict = Verdict::kRetry;
      break;
    case Meaning::kEvent:
      outcome.verdict = Verdict::kReject;
      if (reply["invalid-event-number"].get(bad) == simdjson::SUCCESS && bad >= 0 &&
          static_cast<std::size_t>(bad) < events) {
        blame(bad, events, outcome);
      }
      break;
  }
  return outcome;
}

}  // namespace

const Vendor kSplunkHec{
    .name = "splunk_hec",
    .url = "{url}/services/collector/event",
    .content_type = "application/json",
    .headers = {"Authorization: Splunk {token}", "X-Splunk-Request-Channel: {channel}", {}},
    .envelope = {},
    .limits = {.bytes = 1'000'000, .event_bytes = 1'000'000, .events = 10'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode,
    .classify = classify};

}  // namespace shippers
