// Sumo Logic's HTTP Logs source (protocol card 10): a line each. Its URL is a secret as a whole. It
// finds the time in the line, so that comes first.
#include "shippers/vendors/json_line.h"
#include "shippers/vendors/vendors.h"

namespace shippers {

namespace {

void encode(const Line& line, const VendorValues& /*values*/, std::string& /*key*/,
            std::string& text) {
  append_json_line(line, "timestamp", text);
  text += '\n';
}

}  // namespace

const Vendor kSumologic{
    .name = "sumologic",
    .url = "{url}",
    .content_type = "application/json",
    .headers = {"X-Sumo-Category: {category}", "X-Sumo-Name: {source}", "X-Sumo-Host: {host}"},
    .envelope = {},
    // A line is said to be cut at 64 KB, without a word.
    .limits = {.bytes = 1'000'000, .event_bytes = 64'000, .events = 10'000, .concurrency = 4},
    .takes_gzip = true,
    .encode = encode};

}  // namespace shippers
