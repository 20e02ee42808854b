// Token buckets: how many records pass in a time, each key by itself.
//
// Time is that of the records, so the same records always fare alike. A value: copied before a run
// that may have to be done again. When there are too many keys the one that has been quiet longest
// makes room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace logging {

struct RateLimits {
  static constexpr std::size_t kKeys = 1024;
};

class RateLimit {
 public:
  RateLimit(double rate, double burst) : rate_(rate), burst_(burst) {}

  /// True: a record of `key` (a hash) may pass at `now_ns`; it is counted.
  [[nodiscard]] bool take(std::uint64_t key, std::uint64_t now_ns);

 private:
  struct Bucket {
    std::uint64_t key = 0;
    std::uint64_t at_ns = 0;
    double tokens = 0;
  };
  [[nodiscard]] Bucket& bucket_of(std::uint64_t key, std::uint64_t now_ns);

  double rate_;
  double burst_;
  std::vector<Bucket> buckets_;
};

}  // namespace logging
