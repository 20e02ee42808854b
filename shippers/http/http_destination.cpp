#include "shippers/http/http_destination.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "shippers/delivery/retry_policy.h"
#include "shippers/http/gzip.h"

namespace shippers {

HttpDestination::HttpDestination(const logging::SinkConfig& config, HttpClient& client)
    : config_(config), vendor_(vendor_of(config)), client_(client) {
  values_ = plain_values(config);
}

HttpDestination::~HttpDestination() {
  if (channel_ != 0) {
    client_.close_channel(channel_);
  }
}

void HttpDestination::encode(const Line& line, std::string& key, std::string& text) const {
  vendor_.encode(line, values_, key, text);
}

base::Result<void> HttpDestination::prepare() {
  if (channel_ == 0) {
    TRY_ASSIGN(channel_, client_.open_channel([this](std::uint64_t id, HttpResponse response) {
      on_response(id, response);
    }));
  }
  if (!values_fresh_) {
    TRY_ASSIGN(values_, read_values(config_));
    values_fresh_ = true;
  }
  return {};
}

HttpRequest HttpDestination::make_request(std::span<const SpoolEvent> events) const {
  const logging::NetworkConfig& network = config_.network;
  HttpRequest request;
  VendorValues values = values_;
  if (vendor_.is_one_key_a_request) {
    values.tags = events.front().key;
  }
  request.url = vendor_.url.expand_url(values);
  request.body = body_of(vendor_, events);
  request.headers.push_back(fmt::format("Content-Type: {}", vendor_.content_type));
  for (const Template& header : vendor_.headers) {
    if (!header.empty() && !header.has_blank(values_)) {
      request.headers.push_back(header.expand(values_));
    }
  }
  if (!values_.authorization.empty()) {
    request.headers.push_back("Authorization: " + values_.authorization);
  }
  if (config_.type == logging::SinkType::kHttp) {
    request.method = enum_names(config_.http.method)[static_cast<std::size_t>(config_.http.method)];
  }
  for (const auto& [name, value] : values_.headers) {
    request.headers.push_back(fmt::format("{}: {}", name, value));
  }
  const auto usual = vendor_.takes_gzip ? logging::Compress::kGzip : logging::Compress::kNone;
  if (network.compress.value_or(usual) == logging::Compress::kGzip) {
    request.body = gzip(request.body);
    request.headers.emplace_back("Content-Encoding: gzip");
  }
  request.timeout_ms = network.timeout.ms();
  request.response_bytes_max = vendor_.response_bytes_max;
  request.tls = network.tls;
  request.proxy = network.proxy;
  return request;
}

void HttpDestination::send(std::uint64_t id, std::span<const SpoolEvent> events) {
  if (const auto prepared = prepare(); !prepared) {
    Outcome outcome;
    outcome.verdict = Verdict::kPark;
    outcome.reason = prepared.error().message;
    answer_(id, std::move(outcome));
    return;
  }
  {
    const std::scoped_lock lock(mutex_);
    events_[id] = events.size();
  }
  client_.send(channel_, id, make_request(events));
}

void HttpDestination::on_response(std::uint64_t id, const HttpResponse& response) {
  std::size_t events = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = events_.find(id);
    events = found->second;
    events_.erase(found);
  }
  Outcome outcome =
      vendor_.classify != nullptr ? vendor_.classify(response, events) : outcome_of(response);
  outcome.retry_after_ns = parse_retry_after(response.retry_after, base::realtime_ns()).value_or(0);
  answer_(id, std::move(outcome));
}

}  // namespace shippers
