// Who we are and who they are, where a forward receiver has a shared key (protocol card 14):
//
//     receiver  ["HELO", {nonce, auth, keepalive}]
//     we        ["PING", hostname, salt, hex(sha512(salt hostname nonce key)), user, password
//     digest] receiver  ["PONG", ok, reason, hostname, hex(sha512(salt hostname nonce key))]
//
// Pure.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "shippers/forward/msgpack.h"

namespace shippers {

struct ForwardIdentity {
  std::string hostname;
  std::string shared_key;  // empty: there is no handshake
  std::string username;
  std::string password;
  std::string salt;  // 16 bytes, for one connection
};

class ForwardHandshake {
 public:
  explicit ForwardHandshake(ForwardIdentity identity) : identity_(std::move(identity)) {}

  [[nodiscard]] bool is_done() const { return identity_.shared_key.empty() || done_; }

  /// Takes what the receiver says and appends our answer. kPermission: one of us refuses the other.
  [[nodiscard]] base::Result<void> read(const msgpack::Value& said, std::string& out);

 private:
  [[nodiscard]] base::Result<void> greet(const msgpack::Value& said, std::string& out);
  [[nodiscard]] base::Result<void> check(const msgpack::Value& said);
  [[nodiscard]] std::string digest_of(std::string_view hostname) const;

  ForwardIdentity identity_;
  std::string nonce_;
  bool greeted_ = false;
  bool done_ = false;
};

}  // namespace shippers
