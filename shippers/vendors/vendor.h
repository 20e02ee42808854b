// A vendor: a constexpr descriptor of its HTTP interface and at most three pure functions.
//
// Everything else (batching, spool, gzip, TLS, proxy, retries, splitting, secrets) is the engine's.
// The explicit list of vendors is vendors.h.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "shippers/delivery/verdict.h"
#include "shippers/http/http_client.h"
#include "shippers/network/destination.h"
#include "shippers/vendors/placeholders.h"

namespace shippers {

struct Envelope {
  std::string_view begin;
  std::string_view separator;
  std::string_view end;
};

struct Vendor {
  std::string_view name;  // the sink's type
  Template url;
  std::string_view content_type;
  std::array<Template, 3> headers;  // one whose value is blank is left out
  Envelope envelope;
  RequestLimits limits;
  bool takes_gzip = false;
  bool is_one_key_a_request = false;  // the key is the request's {tags}
  std::size_t response_bytes_max = 64 * 1024;

  /// What a line is: appended to `text`, and to `key` what body() groups by.
  void (*encode)(const Line& line, const VendorValues& values, std::string& key,
                 std::string& text) = nullptr;
  /// The body of a request; null: the events in the envelope.
  std::string (*body)(std::span<const SpoolEvent> events) = nullptr;
  /// What an answer of any status means for `events` events; null: by its status.
  Outcome (*classify)(const HttpResponse& response, std::size_t events) = nullptr;
};

/// The outcome that a status has by itself, with the answer's text as the reason.
[[nodiscard]] Outcome outcome_of(const HttpResponse& response);

[[nodiscard]] std::string body_of(const Vendor& vendor, std::span<const SpoolEvent> events);

}  // namespace shippers
