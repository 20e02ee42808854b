// Syslog messages by the letter of their RFC, for tests.
#pragma once

#include <string>

namespace support {

struct SyslogMessage {
  int priority = -1;
  std::string time;
  std::string host;
  std::string app;
  std::string structured_data;
  std::string text;
  std::string problem;  // empty: it keeps the RFC
};

[[nodiscard]] SyslogMessage parse_rfc5424(const std::string& message);
[[nodiscard]] SyslogMessage parse_rfc3164(const std::string& message);

}  // namespace support
