#include "shippers/delivery/retry_policy.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

#include "base/clock.h"
#include "base/text.h"

namespace shippers {

namespace {

/// splitmix64: each state gives one number, all of them are good enough to spread clients.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9e37'79b9'7f4a'7c15;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11eb;
  return mixed ^ (mixed >> 31U);
}

/// The three forms of RFC 9110, 5.6.7; a receiver must know them all.
constexpr std::array<const char*, 3> kDateForms{
    "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"};

std::optional<std::uint64_t> parse_http_date_ns(const std::string& text) {
  for (const char* form : kDateForms) {
    std::tm time{};
    const char* end = ::strptime(text.c_str(), form, &time);
    if (end != nullptr && *end == '\0') {
      const std::time_t seconds = ::timegm(&time);
      return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds) * base::kNsPerSecond;
    }
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t RetryPolicy::bound_ns(std::uint32_t failures) const {
  std::uint64_t bound = std::min(initial_ns_, max_ns_);
  for (std::uint32_t failure = 1; failure < failures && bound < max_ns_; ++failure) {
    bound = std::min(bound > max_ns_ / 2 ? max_ns_ : bound * 2, max_ns_);
  }
  return bound;
}

std::uint64_t RetryPolicy::wait_ns(std::uint32_t failures, std::uint64_t retry_after_ns) {
  const std::uint64_t bound = std::max(bound_ns(failures), RetryLimits::kWaitMinNs);
  const std::uint64_t jittered =
      std::max(next_random(random_) % (bound + 1), RetryLimits::kWaitMinNs);
  return std::max(jittered, std::min(retry_after_ns, RetryLimits::kRetryAfterMaxNs));
}

std::optional<std::uint64_t> parse_retry_after(std::string_view text, std::uint64_t realtime_ns) {
  const std::string_view trimmed = base::trim(text);
  if (const auto seconds = base::parse_decimal(trimmed)) {
    return std::min(*seconds, UINT64_MAX / base::kNsPerSecond) * base::kNsPerSecond;
  }
  const auto date_ns = parse_http_date_ns(std::string(trimmed));
  if (!date_ns) {
    return std::nullopt;
  }
  return *date_ns > realtime_ns ? *date_ns - realtime_ns : 0;
}

}  // namespace shippers
