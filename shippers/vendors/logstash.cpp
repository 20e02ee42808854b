// Logstash's http input (protocol card 3.2): with application/json an array is as many events. Bad
// JSON would be answered 200 too, so what is sent must be good.
#include "shippers/vendors/ecs_line.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

void encode(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
            std::string& text) {
  append_ecs_line(line, text);
}

}  // namespace

const Vendor kLogstash{
    .name = "logstash",
    .url = "{url}",
    .content_type = "application/json",
    .headers = {},
    .envelope = {.begin = "[", .separator = ",", .end = "]"},
    .limits = {.bytes = 10'000'000, .event_bytes = 1'000'000, .events = 10'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode};

}  // namespace shippers
