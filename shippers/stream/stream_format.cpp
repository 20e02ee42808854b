#include "shippers/stream/stream_format.h"

#include "shippers/stream/stream_session.h"

namespace shippers {

RequestLimits stream_limits(std::uint64_t message_bytes) {
  return {.bytes = StreamLimits::kRequestBytes,
          .event_bytes = message_bytes,
          .events = 100'000,
          .concurrency = StreamLimits::kRequests};
}

}  // namespace shippers
