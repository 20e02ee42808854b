#include "logging/pipeline/rate_limit.h"

#include <algorithm>

#include "base/clock.h"

namespace logging {

RateLimit::Bucket& RateLimit::bucket_of(std::uint64_t key, std::uint64_t now_ns) {
  const auto known = std::ranges::find(buckets_, key, &Bucket::key);
  if (known != buckets_.end()) {
    return *known;
  }
  const Bucket fresh{.key = key, .at_ns = now_ns, .tokens = burst_};
  if (buckets_.size() < RateLimits::kKeys) {
    return buckets_.emplace_back(fresh);
  }
  return *std::ranges::min_element(buckets_, {}, &Bucket::at_ns) = fresh;
}

bool RateLimit::take(std::uint64_t key, std::uint64_t now_ns) {
  Bucket& bucket = bucket_of(key, now_ns);
  if (now_ns > bucket.at_ns) {  // a clock that was set back gives nothing
    const double seconds =
        static_cast<double>(now_ns - bucket.at_ns) / static_cast<double>(base::kNsPerSecond);
    bucket.tokens = std::min(burst_, bucket.tokens + seconds * rate_);
    bucket.at_ns = now_ns;
  }
  if (bucket.tokens < 1) {
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

}  // namespace logging
