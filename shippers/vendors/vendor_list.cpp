#include "shippers/vendors/vendor_list.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "shippers/syslog/stream_sinks.h"
#include "shippers/table_text.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

constexpr std::string_view kAnswer = "the answer";

VendorDoc document_http(const logging::SinkConfig& config) {
  const Vendor& vendor = vendor_of(config);
  return {.type = vendor.name,
          .over = "http, https",
          .limits = vendor.limits,
          .gzip = vendor.takes_gzip,
          .confirmed_by = kAnswer};
}

struct StreamWords {
  logging::SinkType type;
  std::string_view over;
  std::string_view confirmed_by;
  bool gzip = false;  // where `compress` is unset
};
constexpr std::array<StreamWords, 6> kStreams{{
    {logging::SinkType::kSyslog, "udp, tcp, tls, unix", "the receiver's close"},
    {logging::SinkType::kPapertrail, "udp, tcp, tls, unix", "its kernel"},
    {logging::SinkType::kLogentries, "tls, tcp, https", "its kernel"},
    {logging::SinkType::kLogstash, "tcp, tls, http, https", "the receiver's close"},
    {logging::SinkType::kGelf, "udp, tcp, tls, http, https", "the receiver's close"},
    {logging::SinkType::kForward, "tcp, tls", "the answer", true},
}};

/// What a sink with nothing but an address of its usual kind is; it is not connected to.
VendorDoc document_stream(logging::SinkConfig config, std::string_view type) {
  config.syslog.address = "tcp://h";
  config.papertrail.address = "tls://h:1";
  config.logstash.address = "tcp://h";
  config.gelf.address = "tcp://h";
  config.forward.address = "tcp://h";
  const auto* words = std::ranges::find(kStreams, config.type, &StreamWords::type);
  ASSERT(words != kStreams.end());
  VendorDoc doc{.type = type,
                .over = words->over,
                .limits = {},
                .gzip = words->gzip,
                .confirmed_by = words->confirmed_by};
  if (const auto destination = make_stream_destination(config)) {
    doc.limits = (*destination)->limits();
  }
  return doc;
}

std::vector<std::string> cells_of(const VendorDoc& doc) {
  return {std::string(doc.type),
          std::string(doc.over),
          base::format_bytes(doc.limits.bytes),
          base::format_bytes(doc.limits.event_bytes),
          std::to_string(doc.limits.concurrency),
          doc.gzip ? "yes" : "no",
          std::string(doc.confirmed_by)};
}

}  // namespace

std::vector<VendorDoc> list_vendors() {
  std::vector<VendorDoc> docs;
  const auto names = enum_names(logging::SinkType{});
  for (std::size_t index = 0; index < names.size(); ++index) {
    logging::SinkConfig config;
    config.type = static_cast<logging::SinkType>(index);
    if (is_network(config.type)) {
      docs.push_back(is_http_vendor(config) ? document_http(config)
                                            : document_stream(config, names[index]));
    }
  }
  return docs;
}

std::string vendor_table() {
  std::vector<std::vector<std::string>> rows{
      {"TYPE", "OVER", "REQUEST", "EVENT", "AT ONCE", "GZIP", "DELIVERED BY"}};
  for (const VendorDoc& doc : list_vendors()) {
    rows.push_back(cells_of(doc));
  }
  return table_text(rows);
}

std::string vendor_json() {
  base::JsonWriter json;
  json.begin_array();
  for (const VendorDoc& doc : list_vendors()) {
    json.begin_object()
        .field("type", doc.type)
        .field("over", doc.over)
        .field("request_bytes", doc.limits.bytes)
        .field("event_bytes", doc.limits.event_bytes)
        .field("events", std::uint64_t{doc.limits.events})
        .field("at_once", std::uint64_t{doc.limits.concurrency})
        .field("gzip", doc.gzip)
        .field("delivered_by", doc.confirmed_by)
        .end_object();
  }
  return json.end_array().text() + "\n";
}

}  // namespace shippers
