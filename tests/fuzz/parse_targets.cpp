// What reads a line: line ends, JSON, logfmt, syslog, times.
#include <array>
#include <charconv>

#include "logging/format/json_text.h"
#include "logging/format/record_format.h"
#include "logging/format/time_text.h"
#include "logging/parse/json_fields.h"
#include "logging/parse/logfmt.h"
#include "logging/parse/newlines.h"
#include "logging/parse/syslog.h"
#include "logging/parse/timestamp.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

using logging::Arena;
using logging::Field;
using logging::FieldList;
using logging::ValueKind;

constexpr std::uint64_t kNearNs = 1'704'164'645'000'000'000;

/// Every field of `before` is in `after` with the same value.
std::string compare(const FieldList& before, const FieldList& after) {
  for (const Field& field : before) {
    const Field* found = after.find(field.name);
    if (found == nullptr) {
      return "a field is gone: " + std::string(field.name);
    }
    if (found->value.text != field.value.text ||
        (found->value.kind == ValueKind::kJson) != (field.value.kind == ValueKind::kJson)) {
      return "a field has changed: " + std::string(field.name);
    }
  }
  return "";
}

bool is_simple_name(std::string_view name) {
  return !name.empty() && name.find('\x7f') == std::string_view::npos &&
         std::string_view::npos ==
             name.find_first_of(std::string_view("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22"
                                                 "\23\24\25\26\27\30\31\32\33\34\35\36\37",
                                                 32));
}

}  // namespace

std::string try_lines(std::string_view data) {
  if (!(logging::scan_newlines(data) == logging::scan_newlines_scalar(data))) {
    return "scan_newlines() is not its scalar twin";
  }
  std::array<std::uint32_t, 5> fast{};
  std::array<std::uint32_t, 5> slow{};
  while (!data.empty()) {
    const logging::LineEnds some = logging::find_line_ends(data, fast);
    const logging::LineEnds twin = logging::find_line_ends_scalar(data, slow);
    if (some.count != twin.count || some.scanned_bytes != twin.scanned_bytes || fast != slow) {
      return "find_line_ends() is not its scalar twin";
    }
    data.remove_prefix(some.scanned_bytes);
  }
  return "";
}

/// Fields written as an object and read again are the same fields.
std::string try_json(std::string_view data) {
  static logging::JsonParser parser;
  Arena arena;
  FieldList fields;
  if (!parser.parse(data, arena, fields).empty()) {
    return "";
  }
  logging::TextBuffer written;
  char before = '{';
  for (const Field& field : fields) {
    written.put(before);
    logging::append_json_text(written, field.name);
    written.put(':');
    if (field.value.kind == ValueKind::kJson) {
      written.put(field.value.text);
    } else {
      logging::append_json_text(written, field.value.text);
    }
    before = ',';
  }
  written.put(fields.empty() ? "{}" : "}");
  FieldList again;
  const logging::ParseProblem problem = parser.parse(written.text(), arena, again);
  if (!problem.empty() || again.size() != fields.size()) {
    return "what was written cannot be read: " + std::string(problem);
  }
  return compare(fields, again);
}

std::string try_logfmt(std::string_view data) {
  Arena arena;
  logging::Record record;
  if (!logging::parse_logfmt(data, arena, record.fields).empty()) {
    return "";
  }
  for (const Field& field : record.fields) {
    if (!is_simple_name(field.name)) {
      return "";  // the format changes such names
    }
  }
  record.origin = logging::TextOrigin::kParsed;
  logging::RecordFormatter formatter(logging::RecordFormat::kLogfmt, "h");
  logging::TextBuffer written;
  formatter.append(record, written);
  const std::string_view line = written.text().substr(0, written.size() - 1);
  if (line.find('\n') != std::string_view::npos) {
    return "a record is more than one line";
  }
  FieldList again;
  const logging::ParseProblem problem = logging::parse_logfmt(line, arena, again);
  return problem.empty() ? compare(record.fields, again) : std::string(problem);
}

/// The severity is the last three bits of the priority, read here in another way.
std::string try_syslog(std::string_view data) {
  constexpr std::array<std::string_view, 8> kLevels{"emergency", "alert",  "critical", "error",
                                                    "warn",      "notice", "info",     "debug"};
  Arena arena;
  FieldList fields;
  logging::SyslogMessage message;
  if (!logging::parse_syslog(data, kNearNs, arena, message, fields).empty()) {
    return "";
  }
  unsigned priority = 0;
  const char* end = data.data() + data.size();
  const auto read = std::from_chars(data.data() + 1, end, priority);
  if (!data.starts_with('<') || read.ec != std::errc{} || read.ptr == end || *read.ptr != '>' ||
      priority > 191) {
    return "it has no priority";
  }
  if (logging::severity_name(message.severity) != kLevels[priority % 8]) {
    return "its severity is another one";
  }
  return "";
}

std::string try_timestamps(std::string_view data) {
  const auto time_ns = logging::parse_time(data, kNearNs);
  if (!time_ns) {
    return "";
  }
  logging::TimeText text;
  const auto again = logging::parse_rfc3339(text.write(*time_ns));
  return again == time_ns ? "" : "it is not the time that is written of it";
}

}  // namespace fuzz
