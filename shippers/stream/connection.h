// One connection to a receiver of byte streams or datagrams, and how it is made.
//
// The descriptor never blocks; who waits polls it. What a byte stream's receiver has really read is
// known only from the end: after finish() a receiver that has read everything closes its side, and
// one that dies before that resets the connection. A receiver's kernel acknowledges earlier than
// that, when its program has read nothing yet.
// Threads: one owner. dial() blocks: it resolves names and connects.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/result.h"
#include "logging/network_config.h"

namespace shippers {

class Connection {
 public:
  virtual ~Connection() = default;

  [[nodiscard]] virtual int fd() const = 0;
  /// Each write() is one message, taken as a whole or not at all.
  [[nodiscard]] virtual bool is_datagram() const = 0;

  /// How many bytes were taken. 0: fd() has to become writable first; then the same bytes, at the
  /// same address, are given again. kLimit: the datagram is too large.
  [[nodiscard]] virtual base::Result<std::size_t> write(std::string_view bytes) = 0;

  struct Received {
    std::size_t bytes = 0;
    bool ended = false;  // the other side has; nothing more comes
  };
  /// What has come, as much of it as `into` holds; nothing yet is no error.
  [[nodiscard]] virtual base::Result<Received> read(std::span<char> into) = 0;

  /// Nothing more will be written; the other side learns it behind all that was.
  virtual void finish() = 0;
};

/// Bytes, the end of the stream among them, that the other side's kernel has not acknowledged (a
/// Unix socket: that its program has not read).
[[nodiscard]] std::size_t unconfirmed_bytes(int fd);

struct DialOptions {
  base::Endpoint endpoint;  // with a port
  std::uint64_t timeout_ms = 30'000;
  logging::TlsConfig tls;
  std::string proxy;
  const std::atomic<bool>* giving_up = nullptr;  // set: come back soon
};

/// kPermission: it will not work by trying again soon (a certificate, rights); kUnavailable:
/// whatever else. The message says where to.
[[nodiscard]] base::Result<std::unique_ptr<Connection>> dial(const DialOptions& options);

}  // namespace shippers
