// `format` and `timestamp` of a network sink: lines become text as a file sink would write them,
// and the destination gets that text in place of its usual form.
//
// For destinations whose events are text: syslog and its presets, logentries, loki, http with
// body = "text" (takes_format()). Threads: as of Destination. Owner: the sink.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "logging/format/record_format.h"
#include "logging/sink_config.h"
#include "shippers/network/destination.h"

namespace shippers {

class FormattedDestination final : public Destination {
 public:
  /// `config` wants a format or a time stamp.
  FormattedDestination(const logging::SinkConfig& config, std::string host,
                       std::unique_ptr<Destination> inner);

  [[nodiscard]] RequestLimits limits() const override { return inner_->limits(); }
  void encode(const Line& line, std::string& key, std::string& text) const override;
  [[nodiscard]] std::string shown(std::string_view text) const override {
    return inner_->shown(text);
  }
  [[nodiscard]] bool is_one_key_a_request() const override {
    return inner_->is_one_key_a_request();
  }
  void set_answer(Answer answer) override { inner_->set_answer(std::move(answer)); }
  void send(std::uint64_t id, std::span<const SpoolEvent> events) override {
    inner_->send(id, events);
  }
  void hurry() override { inner_->hurry(); }
  void refresh() override { inner_->refresh(); }

 private:
  [[nodiscard]] logging::RecordFormatter& formatter(std::string_view service) const;

  logging::SinkFormat format_;
  std::optional<logging::Timestamp> timestamp_;
  std::string host_;
  std::unique_ptr<Destination> inner_;
  // Of the sink's thread: encode() is const to others, not to itself.
  mutable std::map<std::string, logging::RecordFormatter, std::less<>> formatters_;
  mutable logging::TextBuffer buffer_;
};

}  // namespace shippers
