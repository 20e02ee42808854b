// OpenTelemetry's logs over HTTP, in JSON (protocol card 13). Events are grouped by their resource.
// The specification says which statuses may be tried again; with others the request is given up.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <vector>

#include "base/json_writer.h"
#include "base/text.h"
#include "logging/record.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr auto kNumbers = std::to_array<int>({1, 5, 9, 10, 13, 17, 18, 19, 21});
constexpr auto kNames = std::to_array<std::string_view>(
    {"TRACE", "DEBUG", "INFO", "INFO2", "WARN", "ERROR", "ERROR2", "ERROR3", "FATAL"});
static_assert(kNumbers.size() == logging::kSeverities && kNames.size() == logging::kSeverities);

void append_text_attribute(std::string_view name, std::string_view value, std::string& out) {
  out += out.ends_with('[') ? "" : ",";
  out += "{\"key\":";
  base::append_json_string(out, name);
  out += ",\"value\":{\"stringValue\":";
  base::append_json_string(out, value);
  out += "}}";
}

bool is_integer(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
}

/// A value that was JSON: objects and arrays as their text.
void append_json_attribute(const logging::Field& field, std::string& out) {
  const std::string_view text = field.value.text;
  std::string_view type;
  bool quoted = false;
  if (text == "true" || text == "false") {
    type = "boolValue";
  } else if (is_integer(text)) {
    type = "intValue";
    quoted = true;  // 64-bit integers are decimal strings
  } else if (!text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
    type = "doubleValue";
  } else if (text == "null") {
    return;
  } else {
    append_text_attribute(field.name, text, out);
    return;
  }
  out += out.ends_with('[') ? "{\"key\":" : ",{\"key\":";
  base::append_json_string(out, field.name);
  out += fmt::format(",\"value\":{{\"{}\":{}{}{}}}}}", type, quoted ? "\"" : "", text,
                     quoted ? "\"" : "");
}

void encode(const Line& line, const VendorValues& values, std::string& key, std::string& text) {
  key += '[';
  append_text_attribute("service.name", line.service, key);
  append_text_attribute("host.name", line.host, key);
  for (const auto& [name, value] : values.labels) {
    append_text_attribute(name, expand_label(value, line), key);
  }
  key += ']';
  const auto severity = static_cast<std::size_t>(severity_of(line));
  text += fmt::format(
      "{{\"timeUnixNano\":\"{}\",\"severityNumber\":{},\"severityText\":\"{}\",\"body\":"
      "{{\"stringValue\":",
      line.time_ns, kNumbers[severity], kNames[severity]);
  base::append_json_string(text, line.text);
  text += "},\"attributes\":[";
  append_text_attribute("log.iostream", logging::stream_name(line.stream), text);
  if (line.fields != nullptr) {
    for (const logging::Field& field : *line.fields) {
      if (field.value.kind == logging::ValueKind::kJson) {
        append_json_attribute(field, text);
      } else {
        append_text_attribute(field.name, field.value.text, text);
      }
    }
  }
  text += "]}";
}

std::string body(std::span<const SpoolEvent> events) {
  std::vector<std::string> resources;
  std::map<std::string_view, std::size_t> known;
  for (const SpoolEvent& event : events) {
    const auto [found, fresh] = known.try_emplace(event.key, resources.size());
    if (fresh) {
      resources.push_back("{\"resource\":{\"attributes\":" + std::string(event.key) +
                          "},\"scopeLogs\":[{\"logRecords\":[");
    }
    std::string& resource = resources[found->second];
    resource += fresh ? "" : ",";
    resource += event.text;
  }
  std::string out = "{\"resourceLogs\":[";
  for (std::size_t index = 0; index < resources.size(); ++index) {
    out += (index == 0 ? "" : ",") + resources[index] + "]}]}";
  }
  return out + "]}";
}

/// How many of an accepted request it has refused. It does not say which: the last ones stand for
/// them.
void read_partial_success(const HttpResponse& response, std::size_t events, Outcome& outcome) {
  simdjson::dom::parser parser;
  simdjson::dom::element reply;
  simdjson::dom::object part;
  if (parser.parse(response.body).get(reply) != simdjson::SUCCESS ||
      reply["partialSuccess"].get(part) != simdjson::SUCCESS) {
    return;  // an empty answer, too, is a whole success
  }
  std::uint64_t rejected = 0;
  std::string_view text;
  if (part["rejectedLogRecords"].get(text) == simdjson::SUCCESS) {
    rejected = base::parse_decimal(text).value_or(0);
  } else if (part["rejectedLogRecords"].get(rejected) != simdjson::SUCCESS) {
    return;
  }
  std::string_view why;
  if (part["errorMessage"].get(why) != simdjson::SUCCESS) {
    why = "no reason given";
  }
  rejected = std::min<std::uint64_t>(rejected, events);
  for (auto event = static_cast<std::uint32_t>(events - rejected); event < events; ++event) {
    outcome.exceptions.push_back({event, Verdict::kReject});
  }
  if (rejected > 0) {
    outcome.reason = fmt::format("{} of {} records were refused: {}", rejected, events, why);
  }
}

Outcome classify(const HttpResponse& response, std::size_t events) {
  constexpr int kUnavailable = 503;
  Outcome outcome = outcome_of(response);
  if (outcome.verdict == Verdict::kAccepted) {
    read_partial_success(response, events, outcome);
  } else if (outcome.verdict == Verdict::kRetry && response.status != 0 && response.status != 429 &&
             response.status != 502 && response.status != kUnavailable && response.status != 504) {
    outcome.verdict = Verdict::kReject;  // "MUST NOT be retried"
    outcome.is_divisible = false;
  }
  return outcome;
}

}  // namespace

const Vendor kOtlp{
    .name = "otlp",
    .url = "{url}/v1/logs",
    .content_type = "application/json",
    .headers = {},
    .envelope = {},
    .limits = {.bytes = 4'000'000, .event_bytes = 1'000'000, .events = 10'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode,
    .body = body,
    .classify = classify};

}  // namespace shippers
