// Elasticsearch's and OpenSearch's _bulk (protocol card 5). HTTP 200 hides failures of single
// items, so every answer is read. The _id names the line, so that what is sent twice is stored
// once.
#include <fmt/format.h>
#include <simdjson.h>

#include "shippers/vendors/ecs_line.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr std::int64_t kConflict = 409;

void encode(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
            std::string& text) {
  text += fmt::format("{{\"create\":{{\"_id\":\"{:x}-{:x}\"}}}}\n", line.ring_id, line.position);
  append_ecs_line(line, text);
  text += '\n';
}

Verdict item_verdict(std::int64_t status) {
  const Verdict verdict = classify_status(static_cast<int>(status));
  // With an _id of our own a conflict says that the line is stored already. A document is too large
  // by itself: no split helps it.
  if (status == kConflict) {
    return Verdict::kAccepted;
  }
  return verdict == Verdict::kSplit ? Verdict::kReject : verdict;
}

std::string item_reason(simdjson::dom::element action, std::int64_t status) {
  std::string_view type;
  if (action["error"]["type"].get(type) != simdjson::SUCCESS) {
    type = "no reason given";
  }
  return fmt::format("an item was refused: status {}: {}", status, type);
}

bool read_items(simdjson::dom::element reply, std::size_t events, Outcome& outcome) {
  simdjson::dom::array items;
  if (reply["items"].get(items) != simdjson::SUCCESS || items.size() != events) {
    return false;
  }
  std::uint32_t event = 0;
  for (const simdjson::dom::element item : items) {
    simdjson::dom::object actions;
    std::int64_t status = 0;
    if (item.get(actions) != simdjson::SUCCESS || actions.size() != 1 ||
        (*actions.begin()).value["status"].get(status) != simdjson::SUCCESS) {
      return false;
    }
    const Verdict verdict = item_verdict(status);
    if (verdict != Verdict::kAccepted) {
      outcome.exceptions.push_back({event, verdict});
      outcome.reason = item_reason((*actions.begin()).value, status);
    }
    ++event;
  }
  return true;
}

Outcome classify(const HttpResponse& response, std::size_t events) {
  Outcome outcome = outcome_of(response);
  if (outcome.verdict != Verdict::kAccepted) {
    return outcome;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element reply;
  bool errors = true;
  if (parser.parse(response.body).get(reply) != simdjson::SUCCESS ||
      reply["errors"].get(errors) != simdjson::SUCCESS) {
    outcome.verdict = Verdict::kRetry;
    outcome.reason = "cannot send: the answer is not that of a bulk request";
    return outcome;
  }
  if (errors && !read_items(reply, events, outcome)) {
    outcome.exceptions.clear();
    outcome.verdict = Verdict::kRetry;
    outcome.reason = "cannot send: the answer does not name all items";
  }
  return outcome;
}

}  // namespace

const Vendor kElasticsearch{
    .name = "elasticsearch",
    .url = "{url}/{index}/_bulk?filter_path=errors,items.*.status,items.*.error.type",
    .content_type = "application/x-ndjson",
    .headers = {},
    .envelope = {},
    .limits = {.bytes = 10'000'000, .event_bytes = 5'000'000, .events = 5'000, .concurrency = 4},
    .takes_gzip = true,
    .response_bytes_max = 8U << 20U,
    .encode = encode,
    .classify = classify};

}  // namespace shippers
