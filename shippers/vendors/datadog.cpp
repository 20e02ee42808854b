// Datadog's log intake, v2 (protocol card 8): an array of at most 1000 objects, answered with 202
// and nothing about single events. An event older than 18 hours is said to be dropped in silence,
// so what an outage has kept longer than that may not be found there.
#include <fmt/format.h>

#include <array>

#include "base/json_writer.h"
#include "base/units.h"
#include "logging/severity.h"
#include "shippers/vendors/json_fields.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr auto kStatuses = std::to_array<std::string_view>(
    {"debug", "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"});
static_assert(kStatuses.size() == logging::kSeverities);

void append_own(const Line& line, std::string_view name, std::string_view value, std::string& out) {
  if (value.empty() || has_field(line, name)) {
    return;
  }
  out += ",\"";
  out += name;
  out += "\":";
  base::append_json_string(out, value);
}

void encode(const Line& line, const VendorValues& values, std::string& /*key*/, std::string& text) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  text += fmt::format("{{\"timestamp\":{}", line.time_ns / kNsPerMs);
  append_own(line, "message", line.text, text);
  append_own(line, "ddsource", expand_label(values.source, line), text);
  append_own(line, "ddtags", expand_label(values.tags, line), text);
  append_own(line, "hostname", line.host, text);
  append_own(line, "service", line.service, text);
  append_own(line, "status", kStatuses[static_cast<std::size_t>(severity_of(line))], text);
  append_json_fields(line, text);
  text += '}';
}

}  // namespace

const Vendor kDatadog{
    .name = "datadog",
    .url = "{url}/api/v2/logs",
    .content_type = "application/json",
    .headers = {"DD-API-KEY: {token}", {}, {}},
    .envelope = {.begin = "[", .separator = ",", .end = "]"},
    .limits = {.bytes = 4'250'000, .event_bytes = 1'000'000, .events = 1'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode};

}  // namespace shippers
