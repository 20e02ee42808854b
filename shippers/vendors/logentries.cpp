// Rapid7's webhook (protocol card 2): one event a request, answered 204. Several in a body are not
// documented; where many lines come the token stream is the better way.
#include "shippers/lines/event_line.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

void encode(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
            std::string& text) {
  append_event_line(line, text);
}

}  // namespace

const Vendor kLogentries{
    .name = "logentries",
    .url = "{url}/v1/noformat/{token}",
    .content_type = "application/json",
    .headers = {},
    .envelope = {},
    .limits = {.bytes = 32'000, .event_bytes = 32'000, .events = 1, .concurrency = 8},
    .encode = encode};

}  // namespace shippers
