// Graylog's GELF over HTTP (protocol card 12): one document a request, for several need "bulk
// receiving" and the rest vanishes without it. It answers before it has read the document.
#include "shippers/gelf/gelf_message.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

void encode(const Line& line, const VendorValues& values, std::string& /*key*/, std::string& text) {
  append_gelf(line, values.host, text);
}

}  // namespace

const Vendor kGelf{
    .name = "gelf",
    .url = "{url}",
    .content_type = "application/json",
    .headers = {},
    .envelope = {},
    // An input takes 64 KiB unless it is told otherwise.
    .limits = {.bytes = 60'000, .event_bytes = 60'000, .events = 1, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode};

}  // namespace shippers
