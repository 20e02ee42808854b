#include "logging/pipeline/match.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/name_patterns.h"
#include "base/text.h"

namespace logging {

namespace {

constexpr std::uint32_t bit(std::size_t index) {
  return 1U << index;
}

base::Result<Severity> level_of(std::string_view name) {
  const auto severity = parse_severity(name);
  const bool is_number = !name.empty() && name.front() >= '0' && name.front() <= '9';
  if (severity && !is_number) {
    return *severity;
  }
  std::vector<std::string> names;
  for (const std::string_view known : enum_names(Severity{})) {
    names.emplace_back(known);
  }
  const auto near = base::nearest(name, names);
  return base::fail(base::ErrorCode::kInvalid,
                    fmt::format("there is no level \"{}\"{}", name,
                                near ? fmt::format(" (did you mean {}?)", *near) : ""));
}

std::uint32_t levels_from(Severity least) {
  return (bit(kSeverities) - 1) & ~(bit(static_cast<std::size_t>(least)) - 1);
}

std::uint32_t levels_to(Severity most) {
  return bit(static_cast<std::size_t>(most) + 1) - 1;
}

base::Result<std::uint32_t> parse_streams(const base::OneOrSeveral& streams) {
  std::uint32_t bits = 0;
  for (const std::string& name : streams.items) {
    if (name != "stdout" && name != "stderr") {
      return base::fail(base::ErrorCode::kInvalid,
                        fmt::format("stream: \"{}\" is neither stdout nor stderr", name));
    }
    bits |= bit(static_cast<std::size_t>(name == "stdout" ? Stream::kStdout : Stream::kStderr));
  }
  return bits;
}

}  // namespace

base::Result<std::uint32_t> parse_levels(const base::OneOrSeveral& level) {
  if (level.is_list) {
    std::uint32_t bits = 0;
    for (const std::string& name : level.items) {
      TRY_ASSIGN(const Severity severity, level_of(name));
      bits |= bit(static_cast<std::size_t>(severity));
    }
    return bits;
  }
  if (level.empty()) {
    return 0U;
  }
  const std::string_view text = level.items.front();
  if (text.starts_with(">=") || text.starts_with("<=")) {
    TRY_ASSIGN(const Severity severity, level_of(base::trim(text.substr(2))));
    return text.front() == '>' ? levels_from(severity) : levels_to(severity);
  }
  return base::fail(
      base::ErrorCode::kInvalid,
      fmt::format("\"{}\" could mean more or less; write \">={}\" or [\"{}\"]", text, text, text));
}

base::Result<Match> Match::make(const MatchConfig& config) {
  Match match;
  match.services_ = config.service.items;
  TRY_ASSIGN(match.streams_, parse_streams(config.stream));
  auto levels = parse_levels(config.level);
  if (!levels) {
    return base::with_context("level", levels.error());
  }
  match.levels_ = *levels;
  for (const std::string& pattern : config.message.items) {
    auto regex = Regex::make(pattern);
    if (!regex) {
      return base::with_context("message", regex.error());
    }
    match.messages_.push_back(*std::move(regex));
  }
  for (const auto& [name, patterns] : config.field) {
    match.fields_.push_back({name, patterns.items});
  }
  return match;
}

bool Match::message_matches(std::string_view message) const {
  return messages_.empty() || std::ranges::any_of(messages_, [message](const Regex& regex) {
           return regex.matches(message);
         });
}

bool Match::matches(const Record& record) const {
  if ((streams_ != 0 && (streams_ & bit(static_cast<std::size_t>(record.stream))) == 0) ||
      (levels_ != 0 && (levels_ & bit(static_cast<std::size_t>(record.severity))) == 0) ||
      (!services_.empty() && !base::takes_name(services_, record.service))) {
    return false;
  }
  const bool fields_match = std::ranges::all_of(fields_, [&record](const FieldPatterns& wanted) {
    const Field* field = record.fields.find(wanted.name);
    return field != nullptr && std::ranges::any_of(wanted.patterns, [field](const auto& pattern) {
             return base::glob_matches(pattern, field->value.text);
           });
  });
  return fields_match && message_matches(record.message.text);
}

}  // namespace logging
