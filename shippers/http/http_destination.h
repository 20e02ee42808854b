// An HTTP vendor as a destination: builds requests by the vendor's descriptor, classifies answers.
//
// Secrets are in URLs and headers of requests only; reasons and errors never show them. After a
// refusal the token files are read again.
// Threads: as destination.h says. Owner: the network sink.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "logging/sink_config.h"
#include "shippers/http/http_client.h"
#include "shippers/network/destination.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

class HttpDestination final : public Destination {
 public:
  HttpDestination(const logging::SinkConfig& config, HttpClient& client);
  ~HttpDestination() override;
  HttpDestination(const HttpDestination&) = delete;
  HttpDestination& operator=(const HttpDestination&) = delete;

  [[nodiscard]] RequestLimits limits() const override { return vendor_.limits; }
  [[nodiscard]] bool is_one_key_a_request() const override { return vendor_.is_one_key_a_request; }
  void encode(const Line& line, std::string& key, std::string& text) const override;
  void set_answer(Answer answer) override { answer_ = std::move(answer); }
  void send(std::uint64_t id, std::span<const SpoolEvent> events) override;
  void refresh() override { values_fresh_ = false; }

 private:
  [[nodiscard]] base::Result<void> prepare();
  [[nodiscard]] HttpRequest make_request(std::span<const SpoolEvent> events) const;
  void on_response(std::uint64_t id, const HttpResponse& response);

  logging::SinkConfig config_;
  const Vendor& vendor_;
  HttpClient& client_;
  std::uint64_t channel_ = 0;  // 0: not open yet
  VendorValues values_;
  bool values_fresh_ = false;
  Answer answer_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> events_;  // of requests under way, by id
};

}  // namespace shippers
