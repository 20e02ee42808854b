#include "shippers/vendors/vendor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace shippers {

namespace {

constexpr std::size_t kReasonBytesMax = 160;

/// One printable line of what may be anything, HTML too.
std::string first_words(std::string_view body) {
  std::string words(base::trim(body.substr(0, kReasonBytesMax)));
  std::ranges::replace_if(
      words, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return words;
}

}  // namespace

Outcome outcome_of(const HttpResponse& response) {
  Outcome outcome;
  outcome.verdict = response.refused ? Verdict::kPark : classify_status(response.status);
  if (outcome.verdict == Verdict::kAccepted) {
    return outcome;
  }
  const std::string words = first_words(response.body);
  outcome.reason = response.status == 0
                       ? fmt::format("cannot send: {}", response.error)
                       : fmt::format("cannot send: HTTP status {}{}{}", response.status,
                                     words.empty() ? "" : ": ", words);
  return outcome;
}

std::string body_of(const Vendor& vendor, std::span<const SpoolEvent> events) {
  if (vendor.body != nullptr) {
    return vendor.body(events);
  }
  std::string body(vendor.envelope.begin);
  for (std::size_t index = 0; index < events.size(); ++index) {
    body += index == 0 ? std::string_view{} : vendor.envelope.separator;
    body += events[index].text;
  }
  body += vendor.envelope.end;
  return body;
}

}  // namespace shippers
