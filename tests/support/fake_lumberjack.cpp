#include "tests/support/fake_lumberjack.h"

#include <zlib.h>

#include <array>
#include <nlohmann/json.hpp>

namespace support {

namespace {

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(at, 4)) {
    number = number << 8U | static_cast<unsigned char>(byte);
  }
  return number;
}

std::string acknowledgement(std::size_t sequence) {
  const auto number = static_cast<std::uint32_t>(sequence);
  return {'2',
          'A',
          static_cast<char>(number >> 24U),
          static_cast<char>(number >> 16U & 0xFFU),
          static_cast<char>(number >> 8U & 0xFFU),
          static_cast<char>(number & 0xFFU)};
}

bool inflate_all(std::string packed, std::string& text) {
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) {
    return false;
  }
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::array<char, 65'536> part{};
  int state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    state = ::inflate(&stream, Z_NO_FLUSH);
    text.append(part.data(), part.size() - stream.avail_out);
  }
  const bool whole = state == Z_STREAM_END && stream.avail_in == 0;
  ::inflateEnd(&stream);
  return whole;
}

}  // namespace

FakeLumberjack::FakeLumberjack(std::uint16_t port)
    : peers_([this](FakePeer& peer, int) { serve(peer); }, port) {}

void FakeLumberjack::script(std::vector<Act> acts) {
  const std::scoped_lock lock(mutex_);
  script_.assign(acts.begin(), acts.end());
}

FakeLumberjack::Act FakeLumberjack::next_act() {
  const std::scoped_lock lock(mutex_);
  if (script_.empty()) {
    return Act::kAcknowledge;
  }
  const Act act = script_.front();
  script_.pop_front();
  return act;
}

bool FakeLumberjack::tell(std::string problem) {
  const std::scoped_lock lock(mutex_);
  problems_.push_back(std::move(problem));
  return false;
}

std::vector<std::string> FakeLumberjack::events() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}

std::vector<std::string> FakeLumberjack::problems() const {
  const std::scoped_lock lock(mutex_);
  return problems_;
}

int FakeLumberjack::compressed_windows() const {
  const std::scoped_lock lock(mutex_);
  return compressed_;
}

void FakeLumberjack::serve(FakePeer& peer) {
  const Act act = next_act();
  std::string head;
  while (peer.read(6, head)) {
    if (act == Act::kReset) {
      peer.reset();
      return;
    }
    if (head.substr(0, 2) != "2W" || number_at(head, 2) == 0) {
      tell("a batch does not begin with a window");
      return;
    }
    std::vector<std::string> events;
    if (!read_window(peer, number_at(head, 2), events) || !answer(peer, act, events)) {
      return;
    }
  }
}

bool FakeLumberjack::read_window(FakePeer& peer, std::uint32_t count,
                                 std::vector<std::string>& events) {
  std::string head;
  std::string text;
  while (events.size() < count) {
    if (!peer.read(2, head)) {
      return false;
    }
    if (head == "2C") {
      return events.empty() ? read_packed(peer, count, events)
                            : tell("a compressed frame behind plain ones");
    }
    if (head != "2J") {
      return tell("a frame of the type " + head);
    }
    if (!peer.read(8, head) || !peer.read(number_at(head, 4), text)) {
      return false;
    }
    if (!check_event(number_at(head, 0), static_cast<std::uint32_t>(events.size()) + 1, text)) {
      return false;
    }
    events.push_back(text);
  }
  return true;
}

bool FakeLumberjack::read_packed(FakePeer& peer, std::uint32_t count,
                                 std::vector<std::string>& events) {
  std::string size;
  std::string packed;
  std::string frames;
  if (!peer.read(4, size) || !peer.read(number_at(size, 0), packed)) {
    return false;
  }
  if (!inflate_all(packed, frames)) {
    return tell("a compressed frame does not unpack");
  }
  std::size_t at = 0;
  while (at < frames.size()) {
    if (frames.size() - at < 10 || frames.substr(at, 2) != "2J" ||
        frames.size() - at - 10 < number_at(frames, at + 6)) {
      return tell("a compressed frame holds no whole J frames");
    }
    events.push_back(frames.substr(at + 10, number_at(frames, at + 6)));
    if (!check_event(number_at(frames, at + 2), static_cast<std::uint32_t>(events.size()),
                     events.back())) {
      return false;
    }
    at += 10 + events.back().size();
  }
  if (events.size() != count) {
    return tell("a compressed frame does not hold its window");
  }
  const std::scoped_lock lock(mutex_);
  ++compressed_;
  return true;
}

bool FakeLumberjack::check_event(std::uint32_t sequence, std::uint32_t expected,
                                 const std::string& text) {
  if (sequence != expected) {
    return tell("sequence " + std::to_string(sequence) + " for " + std::to_string(expected));
  }
  const auto event = nlohmann::json::parse(text, nullptr, false);
  if (!event.is_object() || !event.contains("@timestamp") || !event.contains("@metadata")) {
    return tell("no event: " + text);
  }
  return true;
}

void FakeLumberjack::store(const std::vector<std::string>& events, std::size_t first,
                           std::size_t end) {
  const std::scoped_lock lock(mutex_);
  events_.insert(events_.end(), events.begin() + static_cast<std::ptrdiff_t>(first),
                 events.begin() + static_cast<std::ptrdiff_t>(end));
}

/// False: the connection is over.
bool FakeLumberjack::answer(FakePeer& peer, Act act, const std::vector<std::string>& events) {
  const std::size_t half = events.size() / 2;
  switch (act) {
    case Act::kReset:
    case Act::kClose:
      return false;
    case Act::kHang:
      peer.hang();
      return false;
    case Act::kTooMuch:
      peer.write(acknowledgement(events.size() + 1));
      peer.hang();
      return false;
    case Act::kHalfAndClose:
      store(events, 0, half);
      peer.write(acknowledgement(half));
      return false;
    case Act::kInParts:
      store(events, 0, half);
      peer.write(acknowledgement(half));
      store(events, half, events.size());
      break;
    case Act::kKeepAlive:
      peer.write(acknowledgement(0) + acknowledgement(0) + acknowledgement(0));
      store(events, 0, events.size());
      break;
    case Act::kAcknowledge:
      store(events, 0, events.size());
      break;
  }
  peer.write(acknowledgement(events.size()));
  return true;
}

}  // namespace support
