#include "logging/severity.h"

#include <algorithm>

namespace logging {

namespace {

constexpr std::size_t kScannedBytes = 160;
constexpr std::size_t kWordBytesMax = 9;

struct Word {
  std::string_view text;
  Severity severity;
};
constexpr std::array<Word, 29> kWords{{{"info", Severity::kInfo},
                                       {"warn", Severity::kWarn},
                                       {"error", Severity::kError},
                                       {"debug", Severity::kDebug},
                                       {"warning", Severity::kWarn},
                                       {"trace", Severity::kTrace},
                                       {"notice", Severity::kNotice},
                                       {"err", Severity::kError},
                                       {"fatal", Severity::kCritical},
                                       {"crit", Severity::kCritical},
                                       {"critical", Severity::kCritical},
                                       {"severe", Severity::kError},
                                       {"alert", Severity::kAlert},
                                       {"emergency", Severity::kEmergency},
                                       {"emerg", Severity::kEmergency},
                                       {"panic", Severity::kEmergency},
                                       {"0", Severity::kEmergency},
                                       {"1", Severity::kAlert},
                                       {"2", Severity::kCritical},
                                       {"3", Severity::kError},
                                       {"4", Severity::kWarn},
                                       {"5", Severity::kNotice},
                                       {"6", Severity::kInfo},
                                       {"7", Severity::kDebug},
                                       {"10", Severity::kTrace},
                                       {"20", Severity::kDebug},
                                       {"30", Severity::kInfo},
                                       {"40", Severity::kWarn},
                                       {"50", Severity::kError}}};
constexpr Word kFatalNumber{"60", Severity::kCritical};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool equals(std::string_view text, std::string_view word) {
  return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(),
                                                  [](char a, char b) { return lower(a) == b; });
}

bool is_level_key(std::string_view word) {
  return equals(word, "level") || equals(word, "lvl") || equals(word, "severity");
}

/// What stands between a key and its value: `=`, `:`, quotes, blanks.
bool is_between(char c) {
  return c == '=' || c == ':' || c == '"' || c == ' ';
}

bool is_shouted(std::string_view word) {
  return std::all_of(word.begin(), word.end(), is_upper);
}

/// A word that says a level by the way it stands there.
bool stands_out(std::string_view line, std::size_t at, std::size_t end) {
  const std::string_view word = line.substr(at, end - at);
  const char before = at > 0 ? line[at - 1] : ' ';
  const char after = end < line.size() ? line[end] : ' ';
  if ((before == '[' && after == ']') || (before == '<' && after == '>')) {
    return true;
  }
  const bool alone = before != '_' && before != '-' && before != '/' && before != '.' &&
                     after != '_' && after != '-' && after != '/' && after != '.';
  return alone && is_shouted(word);
}

}  // namespace

std::optional<Severity> parse_severity(std::string_view text) {
  if (text.empty() || text.size() > kWordBytesMax) {
    return std::nullopt;
  }
  for (const Word& word : kWords) {
    if (equals(text, word.text)) {
      return word.severity;
    }
  }
  return text == kFatalNumber.text ? std::optional(kFatalNumber.severity) : std::nullopt;
}

Severity severity_of_syslog(unsigned code) {
  constexpr std::array<Severity, 8> kCodes{
      Severity::kEmergency, Severity::kAlert,  Severity::kCritical, Severity::kError,
      Severity::kWarn,      Severity::kNotice, Severity::kInfo,     Severity::kDebug};
  return kCodes[code % kCodes.size()];
}

std::optional<Severity> find_severity(std::string_view line) {
  line = line.substr(0, kScannedBytes);
  bool behind_key = false;
  for (std::size_t at = 0; at < line.size();) {
    if (!is_letter(line[at])) {
      behind_key = behind_key && is_between(line[at]);
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < line.size() && is_letter(line[end])) {
      ++end;
    }
    const std::string_view word = line.substr(at, end - at);
    if (word.size() >= 3 && word.size() <= kWordBytesMax &&
        (behind_key || stands_out(line, at, end))) {
      if (const auto severity = parse_severity(word)) {
        return severity;
      }
    }
    behind_key = is_level_key(word);
    at = end;
  }
  return std::nullopt;
}

}  // namespace logging
