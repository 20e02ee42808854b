// Loggly's bulk endpoint (protocol card 1). Its 200 means something only with its own body: proxies
// answer 200 with a page of HTML.
#include "shippers/vendors/json_line.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

void encode(const Line& line, const VendorValues& values, std::string& key, std::string& text) {
  key += expand_label(values.tags, line);
  append_json_line(line, "timestamp", text);
  text += '\n';
}

Outcome classify(const HttpResponse& response, std::size_t /*events*/) {
  Outcome outcome = outcome_of(response);
  const bool ok = response.body.find("\"response\"") != std::string::npos &&
                  response.body.find("\"ok\"") != std::string::npos;
  if (outcome.verdict == Verdict::kAccepted && !ok) {
    outcome.verdict = Verdict::kRetry;
    outcome.reason = "cannot send: the answer is not Loggly's {\"response\":\"ok\"}";
  }
  return outcome;
}

}  // namespace

const Vendor kLoggly{
    .name = "loggly",
    .url = "{url}/bulk/{token}/tag/{tags}/",
    .content_type = "application/json",
    .headers = {},
    .envelope = {},
    .limits = {.bytes = 4'800'000, .event_bytes = 1'000'000, .events = 50'000, .concurrency = 4},
    .is_one_key_a_request = true,
    .encode = encode,
    .classify = classify};

}  // namespace shippers
