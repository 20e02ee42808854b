#include "shippers/syslog/token_format.h"

#include "shippers/lines/event_line.h"
#include "shippers/vendors/secrets.h"

namespace shippers {

namespace {

// No limit is documented; with the token a line stays below 32 KiB.
constexpr std::uint64_t kMessageBytes = 32'000;

}  // namespace

RequestLimits TokenFormat::limits() const {
  return stream_limits(kMessageBytes);
}

void TokenFormat::encode(const Line& line, std::string& /*key*/, std::string& text) const {
  append_event_line(line, text);
}

base::Result<std::string> TokenFormat::read_lead() const {
  TRY_ASSIGN(const std::string token, read_secret(config_.token, config_.token_file));
  return token + ' ';
}

}  // namespace shippers
