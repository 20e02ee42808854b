#include "tests/support/strict_gelf.h"

#include <nlohmann/json.hpp>

#include "tests/support/fake_http.h"

namespace support {

namespace {

constexpr std::uint64_t kWholeWithinNs = 5'000'000'000;
constexpr std::size_t kHeadBytes = 12;
constexpr int kChunksMax = 128;

bool is_name(const std::string& name) {
  return name.size() > 1 && name[0] == '_' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-",
                                1) == std::string::npos;
}

bool is_blank(const nlohmann::json& text) {
  return !text.is_string() ||
         text.get<std::string>().find_first_not_of(" \t\r\n") == std::string::npos;
}

std::string find_field_problem(const std::string& name, const nlohmann::json& value) {
  static const std::vector<std::string> kOwn{"version",      "host",      "short_message",
                                             "full_message", "timestamp", "level"};
  if (std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end()) {
    return "";
  }
  if (!is_name(name) || name == "_id") {
    return "a field may not be called " + name;
  }
  return value.is_string() || value.is_number() ? "" : "neither a text nor a number: " + name;
}

}  // namespace

std::string find_gelf_problem(const std::string& text) {
  const auto message = nlohmann::json::parse(text, nullptr, false);
  if (!message.is_object()) {
    return "no JSON object: " + text;
  }
  if (message.value("version", "") != "1.1") {
    return "the version is not 1.1";
  }
  if (!message.contains("host") || is_blank(message["host"])) {
    return "no host";
  }
  if (!message.contains("short_message") || is_blank(message["short_message"])) {
    return "no short_message";
  }
  if (!message.contains("timestamp") || !message["timestamp"].is_number() ||
      message["timestamp"].get<double>() <= 0) {
    return "no timestamp that is a number";
  }
  if (!message.contains("level") || !message["level"].is_number_integer() ||
      message["level"].get<int>() < 0 || message["level"].get<int>() > 7) {
    return "the level is not 0 to 7";
  }
  for (const auto& [name, value] : message.items()) {
    if (std::string problem = find_field_problem(name, value); !problem.empty()) {
      return problem;
    }
  }
  return "";
}

void GelfChunks::take(const std::string& payload) {
  std::string text = payload;
  if (payload.starts_with("\x1f\x8b")) {
    text.clear();
    if (!gunzip(payload, text)) {
      problems_.emplace_back("its gzip is damaged");
      return;
    }
  }
  if (std::string problem = find_gelf_problem(text); !problem.empty()) {
    problems_.push_back(std::move(problem));
  }
  messages_.push_back(std::move(text));
}

void GelfChunks::add(const std::string& datagram, std::size_t bytes_max, std::uint64_t now_ns) {
  if (datagram.size() > bytes_max) {
    problems_.push_back("a datagram of " + std::to_string(datagram.size()) + " bytes");
  }
  if (!datagram.starts_with("\x1e\x0f")) {
    take(datagram);
    return;
  }
  if (datagram.size() < kHeadBytes) {
    problems_.emplace_back("a chunk without its head");
    return;
  }
  const int number = static_cast<unsigned char>(datagram[10]);
  const int count = static_cast<unsigned char>(datagram[11]);
  Open& open = open_[datagram.substr(2, 8)];
  if (open.count == 0) {
    open.count = count;
    open.since_ns = now_ns;
  }
  if (count == 0 || count > kChunksMax || count != open.count || number >= count) {
    problems_.push_back("chunk " + std::to_string(number) + " of " + std::to_string(count));
  }
  if (now_ns - open.since_ns > kWholeWithinNs) {
    problems_.emplace_back("a chunk comes too late");
    open_.erase(datagram.substr(2, 8));
    return;
  }
  open.pieces.emplace(number, datagram.substr(kHeadBytes));
  if (static_cast<int>(open.pieces.size()) < open.count) {
    return;
  }
  std::string payload;
  for (const auto& [at, piece] : open.pieces) {
    payload += piece;
  }
  open_.erase(datagram.substr(2, 8));
  ++chunked_;
  take(payload);
}

}  // namespace support
