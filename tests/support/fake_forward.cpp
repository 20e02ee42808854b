#include "tests/support/fake_forward.h"

#include <openssl/sha.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/support/fake_http.h"

namespace support {

namespace {

using Json = nlohmann::json;

std::string hex_of_sha512(const std::string& text) {
  std::array<unsigned char, SHA512_DIGEST_LENGTH> digest{};
  ::SHA512(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string out;
  for (const unsigned char byte : digest) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

std::uint64_t big_endian(const std::string& bytes, std::size_t at, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t index = 0; index < count; ++index) {
    number = number << 8U | static_cast<unsigned char>(bytes[at + index]);
  }
  return number;
}

/// How a type's length is written: so many bytes of it behind the type, and what follows.
struct Shape {
  std::size_t length_bytes = 0;
  std::size_t fixed = 0;   // bytes that follow in any case
  std::size_t values = 0;  // values that follow for each counted one; 0: it counts bytes
};

Shape shape_of(unsigned type) {
  switch (type) {
    case 0xC4:
    case 0xD9:
      return {.length_bytes = 1};
    case 0xC5:
    case 0xDA:
      return {.length_bytes = 2};
    case 0xC6:
    case 0xDB:
      return {.length_bytes = 4};
    case 0xCC:
    case 0xD0:
      return {.fixed = 1};
    case 0xCD:
    case 0xD1:
    case 0xD4:
      return {.fixed = 2};
    case 0xD5:
      return {.fixed = 3};
    case 0xCA:
    case 0xCE:
    case 0xD2:
      return {.fixed = 4};
    case 0xD6:
      return {.fixed = 5};
    case 0xCB:
    case 0xCF:
    case 0xD3:
      return {.fixed = 8};
    case 0xD7:
      return {.fixed = 9};
    case 0xD8:
      return {.fixed = 17};
    case 0xDC:
      return {.length_bytes = 2, .values = 1};
    case 0xDD:
      return {.length_bytes = 4, .values = 1};
    case 0xDE:
      return {.length_bytes = 2, .values = 2};
    case 0xDF:
      return {.length_bytes = 4, .values = 2};
    default:
      return {};
  }
}

/// Reads the bytes of one value, from `more`, which gets so many of them.
template <typename More>
bool read_bytes_of_value(const More& more, std::string& out) {
  std::size_t left = 1;
  std::string part;
  while (left > 0) {
    if (!more(1, part)) {
      return false;
    }
    out += part;
    --left;
    const auto type = static_cast<unsigned char>(part[0]);
    Shape shape = shape_of(type);
    std::size_t bytes = shape.fixed;
    if (type >= 0x80 && type < 0xA0) {
      left += (type & 15U) * (type < 0x90 ? 2U : 1U);
    } else if (type >= 0xA0 && type < 0xC0) {
      bytes = type & 31U;
    } else if (shape.length_bytes > 0) {
      if (!more(shape.length_bytes, part)) {
        return false;
      }
      out += part;
      const std::uint64_t count = big_endian(part, 0, part.size());
      left += count * shape.values;
      bytes = shape.values == 0 ? count : 0;
    }
    if (bytes > 0) {
      if (!more(bytes, part)) {
        return false;
      }
      out += part;
    }
  }
  return true;
}

/// Strings and binary alike: a receiver takes both everywhere.
std::string text_of(const Json& value) {
  if (value.is_binary()) {
    return {value.get_binary().begin(), value.get_binary().end()};
  }
  return value.is_string() ? value.get<std::string>() : "";
}

void say(FakePeer& peer, const Json& value) {
  const std::vector<std::uint8_t> bytes = Json::to_msgpack(value);
  peer.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

FakeForward::FakeForward(Options options)
    : options_(std::move(options)),
      peers_([this](FakePeer& peer, int) { serve(peer); }, options_.port) {}

void FakeForward::script(std::vector<Act> acts) {
  const std::scoped_lock lock(mutex_);
  script_.assign(acts.begin(), acts.end());
}

FakeForward::Act FakeForward::next_act() {
  const std::scoped_lock lock(mutex_);
  ++connections_;
  if (script_.empty()) {
    return Act::kAcknowledge;
  }
  const Act act = script_.front();
  script_.pop_front();
  return act;
}

bool FakeForward::tell(std::string problem) {
  const std::scoped_lock lock(mutex_);
  problems_.push_back(std::move(problem));
  return false;
}

std::vector<FakeForward::Event> FakeForward::events() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}

std::vector<std::string> FakeForward::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

int FakeForward::compressed_chunks() const {
  const std::scoped_lock lock(mutex_);
  return compressed_;
}

int FakeForward::connections() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

void FakeForward::serve(FakePeer& peer) {
  const Act act = next_act();
  if (!options_.shared_key.empty() && !greet(peer, act)) {
    return;
  }
  const auto more = [&peer](std::size_t count, std::string& out) { return peer.read(count, out); };
  for (;;) {
    std::string bytes;
    if (act == Act::kReset) {
      if (peer.read(1, bytes)) {
        peer.reset();
      }
      return;
    }
    if (!read_bytes_of_value(more, bytes)) {
      return;
    }
    const auto request = read_request(Json::from_msgpack(bytes, true, false));
    if (!request || !answer(peer, act, *request)) {
      return;
    }
  }
}

bool FakeForward::greet(FakePeer& peer, Act act) {
  const std::string nonce = "fedcba9876543210";
  const std::string auth = options_.username.empty() ? "" : "ABCDEFGHIJKLMNOP";
  say(peer, {"HELO",
             {{"nonce", Json::binary({nonce.begin(), nonce.end()})},
              {"auth", Json::binary({auth.begin(), auth.end()})},
              {"keepalive", true}}});
  std::string bytes;
  const auto more = [&peer](std::size_t count, std::string& out) { return peer.read(count, out); };
  if (!read_bytes_of_value(more, bytes)) {
    return false;
  }
  const Json ping = Json::from_msgpack(bytes, true, false);
  if (!ping.is_array() || ping.size() != 6 || text_of(ping[0]) != "PING" ||
      text_of(ping[2]).size() != 16) {
    return tell("no PING with a salt of 16 bytes");
  }
  const std::string salt = text_of(ping[2]);
  const bool knows =
      text_of(ping[3]) == hex_of_sha512(salt + text_of(ping[1]) + nonce + options_.shared_key);
  const bool is_user =
      auth.empty()
          ? text_of(ping[4]).empty() && text_of(ping[5]).empty()
          : text_of(ping[4]) == options_.username &&
                text_of(ping[5]) == hex_of_sha512(auth + options_.username + options_.password);
  if (!knows || !is_user || act == Act::kRefuse) {
    say(peer, {"PONG", false, knows ? "no such user" : "shared_key mismatch", "", ""});
    return false;
  }
  say(peer, {"PONG", true, "", "receiver",
             hex_of_sha512(salt + "receiver" + nonce + options_.shared_key)});
  return true;
}

std::optional<FakeForward::Request> FakeForward::read_request(const Json& value) {
  if (!value.is_array() || value.size() < 2 || !value[0].is_string()) {
    tell("no array with a tag");
    return std::nullopt;
  }
  const std::string tag = value[0];
  Request request;
  const bool is_packed =
      value[1].is_string() || (value[1].is_binary() && !value[1].get_binary().has_subtype());
  const bool is_message = !value[1].is_array() && !is_packed && value.size() >= 3;
  const std::size_t option_at = is_message ? 3 : 2;
  const Json option = value.size() > option_at ? value[option_at] : Json::object();
  bool good = true;
  if (value[1].is_array()) {  // Forward
    for (const Json& entry : value[1]) {
      good = good && entry.is_array() && entry.size() == 2 &&
             add_event(tag, entry[0], entry[1], request);
    }
  } else if (is_packed) {
    good = read_entries(tag, text_of(value[1]), option, request);
  } else {
    good = is_message && add_event(tag, value[1], value[2], request);
  }
  if (!good) {
    return std::nullopt;
  }
  if (option.contains("size") && option["size"] != request.events.size()) {
    tell("size " + option["size"].dump() + " for " + std::to_string(request.events.size()));
    return std::nullopt;
  }
  request.chunk = option.contains("chunk") ? text_of(option["chunk"]) : "";
  for (Event& event : request.events) {
    event.chunk = request.chunk;
  }
  return request;
}

bool FakeForward::read_entries(const std::string& tag, std::string packed, const Json& option,
                               Request& request) {
  if (option.value("compressed", "text") == "gzip") {
    std::string text;
    if (!gunzip(packed, text)) {
      return tell("its gzip is damaged");
    }
    packed = std::move(text);
    const std::scoped_lock lock(mutex_);
    ++compressed_;
  }
  std::size_t at = 0;
  const auto more = [&](std::size_t count, std::string& out) {
    out = packed.substr(at, count);
    at += out.size();
    return out.size() == count;
  };
  while (at < packed.size()) {
    std::string bytes;
    if (!read_bytes_of_value(more, bytes)) {
      return tell("the entries end within one");
    }
    const Json entry = Json::from_msgpack(bytes, true, false);
    if (!entry.is_array() || entry.size() != 2 || !add_event(tag, entry[0], entry[1], request)) {
      return tell("an entry is not [time, record]");
    }
  }
  return true;
}

bool FakeForward::add_event(const std::string& tag, const Json& time, const Json& record,
                            Request& request) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  std::uint64_t time_ns = 0;
  if (time.is_number_unsigned()) {
    time_ns = time.get<std::uint64_t>() * kNsPerSecond;
  } else if (time.is_binary() && time.get_binary().has_subtype() &&
             time.get_binary().subtype() == 0 && time.get_binary().size() == 8) {
    const std::string bytes = text_of(time);
    time_ns = big_endian(bytes, 0, 4) * kNsPerSecond + big_endian(bytes, 4, 4);
  } else {
    return tell("a time that is neither seconds nor EventTime");
  }
  if (!record.is_object()) {
    return tell("a record that is no map");
  }
  request.events.push_back({.tag = tag,
                            .record = record.dump(-1, ' ', false, Json::error_handler_t::replace),
                            .time_ns = time_ns,
                            .chunk = ""});
  return true;
}

/// False: the connection is over.
bool FakeForward::answer(FakePeer& peer, Act act, const Request& request) {
  if (act == Act::kWrongAck) {
    say(peer, {{"ack", "bm90IHRoYXQ="}});
    peer.hang();
    return false;
  }
  {
    const std::scoped_lock lock(mutex_);
    events_.insert(events_.end(), request.events.begin(), request.events.end());
  }
  if (act == Act::kNoAck) {
    peer.hang();
    return false;
  }
  if (act == Act::kClose) {
    return false;
  }
  if (request.chunk.empty()) {
    return tell("nobody asks for an acknowledgement");
  }
  say(peer, {{"ack", request.chunk}});
  return true;
}

}  // namespace support
