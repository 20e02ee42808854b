#include "shippers/syslog/syslog_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

#include "base/clock.h"
#include "base/date_format.h"
#include "logging/record.h"
#include "logging/severity.h"

namespace shippers {

namespace {

constexpr std::size_t kHostBytes = 255;
constexpr std::size_t kAppBytes = 48;
constexpr std::size_t kTagBytes = 32;

using Parts = std::vector<base::TemplatePart>;

/// A template that `check` let through; what does not parse stands for itself.
Parts parse(const std::string& text) {
  const auto parts = base::parse_template(text, logging::kLabelNames);
  return parts ? *parts : Parts{{.name = "", .text = text}};
}

std::string_view value_of(const base::TemplatePart& part, const Line& line) {
  return part.name == "service"  ? line.service
         : part.name == "stream" ? logging::stream_name(line.stream)
         : part.name == "host"   ? line.host
                                 : std::string_view(part.text);
}

/// A header field: printable ASCII without spaces, at most `bytes_max`, never empty.
std::string header_field(const Parts& parts, const Line& line, std::size_t bytes_max) {
  std::string field;
  for (const base::TemplatePart& part : parts) {
    field += value_of(part, line);
  }
  field.resize(std::min(field.size(), bytes_max));
  std::ranges::replace_if(
      field, [](char c) { return c <= ' ' || c > '~'; }, '_');
  return field.empty() ? "-" : field;
}

unsigned syslog_code(logging::Severity severity) {
  constexpr std::array<unsigned, logging::kSeverities> kCodes{7, 7, 6, 5, 4, 3, 2, 1, 0};
  return kCodes[static_cast<std::size_t>(severity)];
}

unsigned priority_of(const Line& line, logging::Facility facility) {
  return static_cast<unsigned>(facility) * 8 + syslog_code(severity_of(line));
}

/// A record of several lines is one message: newlines in it are written as rsyslog writes them.
void append_message(const Line& line, std::string& text) {
  for (const char c : raw_text(line)) {
    if (c == '\n') {
      text += "#012";
    } else {
      text += c;
    }
  }
}

/// The name before the first dot; an address stays whole.
std::string_view short_host(std::string_view host) {
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_address ? host : host.substr(0, host.find('.'));
}

std::string local_time(std::uint64_t time_ns) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(time_ns / base::kNsPerSecond);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{} {:2} {:02}:{:02}:{:02}", kMonths[static_cast<std::size_t>(local.tm_mon)],
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

void append_structured_data(const Parts& parts, const Line& line, std::string& text) {
  for (const base::TemplatePart& part : parts) {
    if (part.name.empty()) {
      text += part.text;
      continue;
    }
    for (const char c : value_of(part, line)) {
      text += c == '"' || c == '\\' || c == ']' ? std::string{'\\', c} : std::string(1, c);
    }
  }
}

/// Of the elements at the start of `text`: `]` ends one unless a backslash stands before it or it
/// is in quotes. All of it where the text was cut inside of them.
std::size_t structured_data_bytes(std::string_view text) {
  bool inside = false;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && (text[at] == '[' || text[at] == ']')) {
      inside = text[at] == '[';
    } else if (!inside && !quoted) {
      return at;
    }
  }
  return text.size();
}

Framing framing_of(const SyslogFormat::Options& options) {
  if (options.config.framing) {
    return *options.config.framing == logging::Framing::kOctet ? Framing::kOctet
                                                               : Framing::kNewline;
  }
  const bool is_old = options.config.rfc == logging::SyslogSinkConfig::kRfcOld;
  return is_old || options.is_local ? Framing::kNewline : Framing::kOctet;
}

}  // namespace

SyslogFormat::SyslogFormat(const Options& options)
    : options_(options),
      framing_(framing_of(options)),
      host_(parse(options.config.hostname)),
      app_(parse(options.config.app_name)),
      structured_data_(parse(options.config.structured_data)) {}

void SyslogFormat::encode(const Line& line, std::string& /*key*/, std::string& text) const {
  fmt::format_to(std::back_inserter(text), "<{}>", priority_of(line, options_.config.facility));
  if (options_.config.rfc == logging::SyslogSinkConfig::kRfcOld) {
    encode_3164(line, text);
  } else {
    encode_5424(line, text);
  }
  append_message(line, text);
}

std::string SyslogFormat::shown(std::string_view text) const {
  if (structured_data_.empty() || options_.config.rfc == logging::SyslogSinkConfig::kRfcOld) {
    return std::string(text);
  }
  // Priority and version, time, host, app, process, message: no space in any of them.
  constexpr int kHeaderFields = 6;
  std::size_t begin = 0;
  for (int field = 0; field < kHeaderFields; ++field) {
    begin = text.find(' ', begin) + 1;
    if (begin == 0) {
      return "[...]";
    }
  }
  return fmt::format("{}[...]{}", text.substr(0, begin),
                     text.substr(begin + structured_data_bytes(text.substr(begin))));
}

void SyslogFormat::encode_5424(const Line& line, std::string& text) const {
  constexpr std::uint64_t kNsPerUs = 1000;
  fmt::format_to(std::back_inserter(text), "1 {}.{:06}Z {} {} - - ",
                 base::format_date("%FT%T", line.time_ns),
                 line.time_ns % base::kNsPerSecond / kNsPerUs,
                 header_field(host_, line, kHostBytes), header_field(app_, line, kAppBytes));
  if (structured_data_.empty()) {
    text += '-';
  } else {
    append_structured_data(structured_data_, line, text);
  }
  text += raw_text(line).empty() ? "" : " ";
}

void SyslogFormat::encode_3164(const Line& line, std::string& text) const {
  text += local_time(line.time_ns);
  text += ' ';
  if (!options_.is_local) {
    const std::string host = header_field(host_, line, kHostBytes);
    text += short_host(host);
    text += ' ';
  }
  std::string tag = header_field(app_, line, kTagBytes);
  std::ranges::replace_if(
      tag, [](char c) { return c == ':' || c == '[' || c == ']'; }, '_');
  text += tag;
  text += ": ";
}

}  // namespace shippers
