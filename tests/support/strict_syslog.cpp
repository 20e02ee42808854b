#include "tests/support/strict_syslog.h"

#include <re2/re2.h>

namespace support {

namespace {

constexpr const char* kPriority = "<(0|[1-9][0-9]?|1[0-8][0-9]|19[01])>";
constexpr const char* kName = "[!#-<>-Z\\\\^-~]{1,32}";

SyslogMessage fail(const std::string& message, const char* rfc) {
  SyslogMessage parsed;
  parsed.problem = std::string("it is no message of RFC ") + rfc + ": " + message.substr(0, 200);
  return parsed;
}

}  // namespace

SyslogMessage parse_rfc5424(const std::string& message) {
  static const std::string kElement =
      "\\[" + std::string(kName) + "(?: " + kName + "=\"(?:[^\"\\\\\\]]|\\\\(?s:.))*\")*\\]";
  static const RE2 kHead(
      std::string(kPriority) +
          "1 (-|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?"
          "(?:Z|[+-][0-2][0-9]:[0-5][0-9])) ([!-~]{1,255}) ([!-~]{1,48}) [!-~]{1,128} [!-~]{1,32} "
          "(-|(?:" +
          kElement + ")+)(?: |$)",
      RE2::Latin1);
  SyslogMessage parsed;
  re2::StringPiece rest(message);
  if (!RE2::Consume(&rest, kHead, &parsed.priority, &parsed.time, &parsed.host, &parsed.app,
                    &parsed.structured_data)) {
    return fail(message, "5424");
  }
  parsed.text = rest.as_string();
  return parsed;
}

SyslogMessage parse_rfc3164(const std::string& message) {
  static const RE2 kHead(std::string(kPriority) +
                             "((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
                             "[ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]) "
                             "(?:([!-9;-~]+) )?([!-9;-Z^-~]{1,32}): ",
                         RE2::Latin1);
  SyslogMessage parsed;
  re2::StringPiece rest(message);
  if (!RE2::Consume(&rest, kHead, &parsed.priority, &parsed.time, &parsed.host, &parsed.app)) {
    return fail(message, "3164");
  }
  parsed.text = rest.as_string();
  return parsed;
}

}  // namespace support
