#include "shippers/forward/forward_handshake.h"

#include <fmt/format.h>

#include "shippers/forward/digest.h"

namespace shippers {

namespace {

using msgpack::Value;

base::Unexpected unknown_answer() {
  return base::fail(base::ErrorCode::kUnavailable,
                    "cannot send: the receiver's handshake is not that of the forward protocol");
}

}  // namespace

std::string ForwardHandshake::digest_of(std::string_view hostname) const {
  return hex(sha512(identity_.salt + std::string(hostname) + nonce_ + identity_.shared_key));
}

base::Result<void> ForwardHandshake::read(const Value& said, std::string& out) {
  return greeted_ ? check(said) : greet(said, out);
}

base::Result<void> ForwardHandshake::greet(const Value& said, std::string& out) {
  if (said.text_at(0) != "HELO" || said.items.size() != 2) {
    return unknown_answer();
  }
  const Value* nonce = said.items[1].find("nonce");
  const Value* auth = said.items[1].find("auth");
  if (nonce == nullptr || nonce->text.empty()) {
    return unknown_answer();
  }
  nonce_ = nonce->text;
  const std::string ask = auth == nullptr ? "" : auth->text;
  if (!ask.empty() && identity_.username.empty()) {
    return base::fail(base::ErrorCode::kPermission,
                      "cannot send: the receiver asks for a user; set username and password");
  }
  msgpack::append_array(out, 6);
  msgpack::append_text(out, "PING");
  msgpack::append_text(out, identity_.hostname);
  msgpack::append_binary(out, identity_.salt);
  msgpack::append_text(out, digest_of(identity_.hostname));
  msgpack::append_text(out, ask.empty() ? "" : identity_.username);
  msgpack::append_text(
      out, ask.empty() ? "" : hex(sha512(ask + identity_.username + identity_.password)));
  greeted_ = true;
  return {};
}

base::Result<void> ForwardHandshake::check(const Value& said) {
  if (said.text_at(0) != "PONG" || said.items.size() != 5) {
    return unknown_answer();
  }
  if (said.items[1].kind != Value::Kind::kBoolean || !said.items[1].truth) {
    return base::fail(base::ErrorCode::kPermission,
                      fmt::format("cannot send: the receiver refuses us: {}", said.text_at(2)));
  }
  if (said.text_at(3) == identity_.hostname) {
    return base::fail(base::ErrorCode::kPermission,
                      fmt::format("cannot send: the receiver has our own name, {}; set hostname",
                                  identity_.hostname));
  }
  if (said.text_at(4) != digest_of(said.text_at(3))) {
    return base::fail(base::ErrorCode::kPermission,
                      "cannot send: the receiver does not know the shared key");
  }
  done_ = true;
  return {};
}

}  // namespace shippers
