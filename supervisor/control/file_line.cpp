#include "supervisor/control/file_line.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/text.h"
#include "supervisor/control/log_filter.h"

namespace supervisor {

namespace {

constexpr std::size_t kLabelBytes = 25;  // @ and 24 digits
constexpr std::uint64_t kLabelEpoch = (std::uint64_t{1} << 62U) + 10;

std::optional<std::uint64_t> read_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    value = value << 4U | digit;
  }
  return value;
}

std::optional<std::uint64_t> read_label(std::string_view word) {
  if (word.size() != kLabelBytes || word[0] != '@') {
    return std::nullopt;
  }
  const auto seconds = read_hex(word.substr(1, 16));
  const auto nanoseconds = read_hex(word.substr(17));
  if (!seconds || !nanoseconds || *seconds < kLabelEpoch || *nanoseconds >= base::kNsPerSecond ||
      *seconds - kLabelEpoch > UINT64_MAX / base::kNsPerSecond - 1) {
    return std::nullopt;
  }
  return (*seconds - kLabelEpoch) * base::kNsPerSecond + *nanoseconds;
}

/// Seconds since 1970 with nine digits of a second, as LineStamp writes them.
std::optional<std::uint64_t> read_unix(std::string_view word) {
  constexpr std::size_t kFraction = 10;  // the point and its digits
  if (word.size() < kFraction + 9 || word[word.size() - kFraction] != '.') {
    return std::nullopt;
  }
  const auto seconds = base::parse_decimal(word.substr(0, word.size() - kFraction));
  const auto nanoseconds = base::parse_decimal(word.substr(word.size() - kFraction + 1));
  if (!seconds || !nanoseconds || *seconds > UINT64_MAX / base::kNsPerSecond - 1) {
    return std::nullopt;
  }
  return *seconds * base::kNsPerSecond + *nanoseconds;
}

std::optional<std::uint64_t> read_iso(std::string_view word) {
  return word.ends_with('Z') ? parse_calendar(word) : std::nullopt;
}

std::optional<std::uint64_t> read_stamp(std::string_view word) {
  for (const auto read : {read_iso, read_label, read_unix}) {
    if (const auto time_ns = read(word)) {
      return time_ns;
    }
  }
  return std::nullopt;
}

std::optional<logging::Stream> read_stream(std::string_view word) {
  if (word == "stdout" || word == "stderr") {
    return word == "stdout" ? logging::Stream::kStdout : logging::Stream::kStderr;
  }
  return std::nullopt;
}

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

/// SERVICE STREAM, as the format `text` has them.
void read_labels(std::string_view text, FileLine& line) {
  const std::string_view service = first_word(text);
  if (service.size() < text.size()) {
    if (const auto stream = read_stream(first_word(text.substr(service.size() + 1)))) {
      line.service = service;
      line.stream = stream;
    }
  }
}

void read_json(std::string_view text, FileLine& line) {
  const nlohmann::json record = nlohmann::json::parse(text, nullptr, false);
  const auto member = [&](const char* name) -> std::string {
    const auto found = record.find(name);
    return found != record.end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (record.is_object()) {
    line.time_ns = parse_calendar(member("time"));
    line.service = member("service");
    line.stream = read_stream(member("stream"));
  }
}

/// time=... level=... service=... stream=..., none of which needs quotes.
void read_logfmt(std::string_view text, FileLine& line) {
  const auto member = [&](std::string_view name) -> std::string_view {
    const std::size_t at = text.find(name);
    return at == text.npos ? "" : first_word(text.substr(at + name.size()));
  };
  line.time_ns = read_iso(member("time="));
  line.service = member(" service=");
  line.stream = read_stream(member(" stream="));
}

}  // namespace

FileLine read_file_line(std::string_view text) {
  FileLine line;
  if (text.starts_with('{')) {
    read_json(text, line);
  } else if (text.starts_with("time=")) {
    read_logfmt(text, line);
  } else {
    const std::string_view word = first_word(text);
    line.time_ns = read_stamp(word);
    if (line.time_ns) {
      line.stamped = true;
      text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    read_labels(text, line);
  }
  line.text = text;
  return line;
}

}  // namespace supervisor
