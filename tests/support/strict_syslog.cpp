#include "tests/support/strict_syslog.h"

#include <regex>

namespace support {

namespace {

constexpr const char* kPriority = "<(0|[1-9][0-9]?|1[0-8][0-9]|19[01])>";

SyslogMessage fail(const std::string& message, const char* rfc) {
  SyslogMessage parsed;
  parsed.problem = std::string("it is no message of RFC ") + rfc + ": " + message.substr(0, 200);
  return parsed;
}

}  // namespace

SyslogMessage parse_rfc5424(const std::string& message) {
  static const std::regex kHead(
      std::string(kPriority) +
      "1 (-|[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?"
      "(?:Z|[+-][0-2][0-9]:[0-5][0-9])) ([!-~]{1,255}) ([!-~]{1,48}) [!-~]{1,128} [!-~]{1,32} "
      "(-|(?:\\[[!#-<>-Z\\\\^-~]{1,32}(?: [!#-<>-Z\\\\^-~]{1,32}=\"(?:[^\"\\\\\\]]|\\\\[^])*\")*"
      "\\])+)( |$)");
  std::smatch found;
  if (!std::regex_search(message, found, kHead, std::regex_constants::match_continuous)) {
    return fail(message, "5424");
  }
  return {.priority = std::stoi(found[1]),
          .time = found[2],
          .host = found[3],
          .app = found[4],
          .structured_data = found[5],
          .text = found.suffix(),
          .problem = ""};
}

SyslogMessage parse_rfc3164(const std::string& message) {
  static const std::regex kHead(std::string(kPriority) +
                                "((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
                                "[ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]) "
                                "(?:([!-9;-~]+) )?([!-9;-Z^-~]{1,32}): ");
  std::smatch found;
  if (!std::regex_search(message, found, kHead, std::regex_constants::match_continuous)) {
    return fail(message, "3164");
  }
  return {.priority = std::stoi(found[1]),
          .time = found[2],
          .host = found[3],
          .app = found[4],
          .structured_data = "",
          .text = found.suffix(),
          .problem = ""};
}

}  // namespace support
