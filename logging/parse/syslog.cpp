#include "logging/parse/syslog.h"

#include <algorithm>
#include <array>

#include "logging/parse/json_token.h"
#include "logging/parse/timestamp.h"

namespace logging {

namespace {

constexpr std::array<std::string_view, 24> kFacilities{
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr ParseProblem kTooMany = "syslog: it has too many fields";

class SyslogScanner {
 public:
  SyslogScanner(std::string_view line, std::uint64_t near_ns, Arena& arena, SyslogMessage& message,
                FieldList& fields)
      : rest_(line), near_ns_(near_ns), arena_(arena), message_(message), fields_(fields) {}

  [[nodiscard]] ParseProblem scan() {
    if (!read_priority()) {
      return "syslog: it has no priority like <34>";
    }
    if (rest_.starts_with("1 ")) {
      rest_.remove_prefix(2);
      return read_5424();
    }
    return read_3164();
  }

 private:
  bool read_priority() {
    const std::size_t end = rest_.find('>');
    if (!rest_.starts_with('<') || end == std::string_view::npos || end < 2 || end > 4) {
      return false;
    }
    unsigned priority = 0;
    for (const char c : rest_.substr(1, end - 1)) {
      if (c < '0' || c > '9') {
        return false;
      }
      priority = priority * 10 + static_cast<unsigned>(c - '0');
    }
    if (priority / 8 >= kFacilities.size()) {
      return false;
    }
    message_.severity = severity_of_syslog(priority % 8);
    fields_.set("facility", {kFacilities[priority / 8], ValueKind::kPlain}, true);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view word() {
    const std::size_t end = rest_.find(' ');
    const std::string_view taken = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return taken;
  }

  void set(std::string_view name, std::string_view text) {
    if (!text.empty() && text != "-") {
      fields_.set(name, {text, ValueKind::kText}, true);
    }
  }

  ParseProblem read_5424() {
    const std::string_view time = word();
    message_.time_ns = parse_rfc3339(time);
    if (!message_.time_ns && time != "-") {
      return "syslog: its time is none of RFC 5424";
    }
    set("host", word());
    set("app", word());
    set("pid", word());
    set("msgid", word());
    if (rest_.starts_with('-')) {
      rest_.remove_prefix(1);
    } else if (const ParseProblem problem = read_structured_data(); !problem.empty()) {
      return problem;
    }
    rest_.remove_prefix(rest_.starts_with(' ') ? 1 : 0);
    rest_.remove_prefix(rest_.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
    message_.text = rest_;
    return {};
  }

  ParseProblem read_structured_data() {
    while (rest_.starts_with('[')) {
      const std::size_t id_end = rest_.find_first_of(" ]");
      if (id_end == std::string_view::npos || id_end == 1) {
        return "syslog: its structured data has no end";
      }
      const std::string_view id = rest_.substr(1, id_end - 1);
      rest_.remove_prefix(id_end);
      while (rest_.starts_with(' ')) {
        rest_.remove_prefix(1);
        if (const ParseProblem problem = read_parameter(id); !problem.empty()) {
          return problem;
        }
      }
      if (!rest_.starts_with(']')) {
        return "syslog: its structured data has no end";
      }
      rest_.remove_prefix(1);
    }
    return rest_.empty() || rest_.front() == ' ' ? ParseProblem{}
                                                 : "syslog: its structured data is malformed";
  }

  ParseProblem read_parameter(std::string_view id) {
    const std::size_t equals = rest_.find("=\"");
    const std::size_t end = equals == std::string_view::npos ? equals : quote_end(equals + 2);
    if (end == std::string_view::npos || equals == 0) {
      return "syslog: a parameter is malformed";
    }
    const std::string_view name = arena_.join(arena_.join(id, "."), rest_.substr(0, equals));
    const Value value{unescape(rest_.substr(equals + 2, end - equals - 2)), ValueKind::kText};
    rest_.remove_prefix(end + 1);
    return fields_.set(name, value) ? ParseProblem{} : kTooMany;
  }

  [[nodiscard]] std::size_t quote_end(std::size_t at) const {
    for (; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        return at;
      }
      at += rest_[at] == '\\' ? 1U : 0U;
    }
    return std::string_view::npos;
  }

  /// \" \\ and \] only; another backslash stands for itself (RFC 5424, 6.3.3).
  std::string_view unescape(std::string_view inner) {
    if (inner.find('\\') == std::string_view::npos) {
      return inner;
    }
    char* text = arena_.take(inner.size());
    std::size_t bytes = 0;
    for (std::size_t at = 0; at < inner.size(); ++at) {
      const bool escapes = inner[at] == '\\' && at + 1 < inner.size() &&
                           (inner[at + 1] == '"' || inner[at + 1] == '\\' || inner[at + 1] == ']');
      at += escapes ? 1U : 0U;
      text[bytes++] = inner[at];
    }
    return {text, bytes};
  }

  ParseProblem read_3164() {
    constexpr std::size_t kTimeBytes = 15;  // Oct 11 22:14:15
    message_.time_ns = parse_syslog_time(rest_.substr(0, kTimeBytes), near_ns_);
    if (message_.time_ns) {
      rest_.remove_prefix(std::min(kTimeBytes + 1, rest_.size()));
      read_host();
    } else {
      const std::string_view before = rest_;
      message_.time_ns = parse_rfc3339(word());  // as rsyslog's and docker's drivers write it
      if (message_.time_ns) {
        read_host();
      } else {
        rest_ = before;
      }
    }
    read_tag();
    message_.text = rest_;
    return {};
  }

  /// The local /dev/log leaves it out: then what comes is the tag, which has a colon.
  void read_host() {
    const std::string_view first = rest_.substr(0, rest_.find(' '));
    if (!first.ends_with(':') && first.find('[') == std::string_view::npos &&
        first.size() < rest_.size()) {
      set("host", word());
    }
  }

  void read_tag() {
    constexpr std::size_t kTagBytesMax = 64;
    const std::size_t end = rest_.substr(0, kTagBytesMax).find_first_of(" :[");
    if (end == std::string_view::npos || end == 0 || rest_[end] == ' ') {
      return;
    }
    std::string_view behind = rest_.substr(end);
    std::string_view pid;
    if (behind.starts_with('[')) {
      const std::size_t close = behind.find(']');
      if (close == std::string_view::npos || close > kTagBytesMax) {
        return;
      }
      pid = behind.substr(1, close - 1);
      behind.remove_prefix(close + 1);
    }
    if (!behind.starts_with(':')) {
      return;
    }
    set("app", rest_.substr(0, end));
    set("pid", pid);
    rest_ = behind.substr(behind.starts_with(": ") ? 2 : 1);
  }

  std::string_view rest_;
  std::uint64_t near_ns_;
  Arena& arena_;
  SyslogMessage& message_;
  FieldList& fields_;
};

}  // namespace

ParseProblem parse_syslog(std::string_view line, std::uint64_t near_ns, Arena& arena,
                          SyslogMessage& message, FieldList& fields) {
  fields.clear();
  message = {};
  return SyslogScanner(line, near_ns, arena, message, fields).scan();
}

}  // namespace logging
