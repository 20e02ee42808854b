// A protocol on a byte stream whose receiver answers: bytes in, bytes out, no socket and no clock.
//
// One for each connection. Threads: the session's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "shippers/stream/session.h"

namespace shippers {

class Dialogue {
 public:
  virtual ~Dialogue() = default;

  /// Requests may be written. False: the receiver has to say something first.
  [[nodiscard]] virtual bool is_ready() const = 0;

  /// Why it cannot even begin; nothing: it can. kPermission: trying again soon does not help.
  [[nodiscard]] virtual std::optional<base::Error> failure() const { return std::nullopt; }

  /// Appends what `request` is on the wire.
  virtual void write(const StreamRequest& request, std::string& out) = 0;

  /// Takes whole messages of the receiver off the front of `input` and appends what has to be said
  /// at once to `out`. An error ends the connection; kPermission: it refuses us.
  [[nodiscard]] virtual base::Result<void> read(std::string& input, std::string& out) = 0;

  /// Ids of the requests that were confirmed since the last call.
  [[nodiscard]] virtual std::vector<std::uint64_t> take_confirmed() = 0;
  /// How many of the first messages of a request that is not confirmed are.
  [[nodiscard]] virtual std::uint32_t confirmed_messages(std::uint64_t /*id*/) const { return 0; }
};

}  // namespace shippers
