// What a [sink.NAME] table says when its type is syslog or a relative of it: messages on a byte
// stream or in datagrams, which nobody answers. Part of sink_config.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/units.h"
#include "logging/network_config.h"

namespace logging {

/// How one message is told from the next on a byte stream (RFC 6587).
enum class Framing : std::uint8_t { kOctet, kNewline };
[[nodiscard]] constexpr auto enum_names(Framing) {
  return std::array<std::string_view, 2>{"octet", "newline"};
}

/// When what was written to a byte stream counts as delivered. kClose: the receiver has read it all
/// and closed its side after we ended ours. kSent: its kernel has acknowledged it.
enum class Confirm : std::uint8_t { kClose, kSent };
[[nodiscard]] constexpr auto enum_names(Confirm) {
  return std::array<std::string_view, 2>{"close", "sent"};
}

enum class Facility : std::uint8_t { kKern, kUser, kMail, kDaemon, kLocal0 = 16, kLocal7 = 23 };
[[nodiscard]] constexpr auto enum_names(Facility) {
  return std::array<std::string_view, 24>{
      "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
      "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
      "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
}

struct SyslogSinkConfig {
  static constexpr std::uint32_t kRfcNew = 5424;
  static constexpr std::uint32_t kRfcOld = 3164;

  std::string address;
  std::uint32_t rfc = kRfcNew;
  std::optional<Framing> framing;
  Facility facility = Facility::kUser;
  std::string app_name = "{service}";
  std::string hostname = "{host}";
  std::string structured_data;
  std::optional<base::ByteCount> message_bytes;
  Confirm confirm = Confirm::kClose;

  template <typename V>
  void visit(V& v) {
    v.field("address", address, "udp://h:514, tcp://h:514, tls://h:6514 or unix:/dev/log");
    v.field("rfc", rfc, "5424 or 3164");
    v.field("framing", framing, "of tcp and tls; unset: octet for 5424, newline for 3164");
    v.field("facility", facility, "of every message");
    v.field("app_name", app_name, "a template of {service} {stream} {host}");
    v.field("hostname", hostname, "a template of {service} {stream} {host}");
    v.field("structured_data", structured_data,
            "elements of RFC 5424, [id@1 k=\"v\"], with the same templates in values");
    v.field("message_bytes", message_bytes,
            "longer ones are cut; unset: 1024 in a UDP datagram, else 8KiB");
    v.field("confirm", confirm,
            "of tcp and tls: the receiver has read it and closed, or its kernel has it");
  }
};

/// A preset of syslog.
struct PapertrailSinkConfig {
  std::string address;
  Facility facility = Facility::kUser;
  std::string app_name = "{service}";
  std::string hostname = "{host}";
  std::string structured_data;
  Confirm confirm = Confirm::kSent;

  template <typename V>
  void visit(V& v) {
    v.field("address", address, "tls://logsN.papertrailapp.com:PORT; tcp:// and udp:// work too");
    v.field("facility", facility, "of every message");
    v.field("app_name", app_name, "a template of {service} {stream} {host}");
    v.field("hostname", hostname, "a template of {service} {stream} {host}");
    v.field("structured_data", structured_data,
            "elements of RFC 5424: where a collector wants a token");
    v.field("confirm", confirm,
            "sent: their kernel has it; close: they have read it, if they close connections");
  }
};

struct LogentriesSinkConfig {
  base::Secret token;
  std::string token_file;
  std::string region = "us";
  std::string address;
  Confirm confirm = Confirm::kSent;

  template <typename V>
  void visit(V& v) {
    v.field("token", token, "of one log");
    v.field("token_file", token_file, "a file that holds it; read for each batch");
    v.field("region", region, "us, eu, ...");
    v.field("address", address,
            "unset: tls://REGION.data.logs.insight.rapid7.com:443; a Datahub is tcp://h:PORT");
    v.field("confirm", confirm,
            "sent: their kernel has it; close: they have read it, if they close connections");
  }
};

/// kTcp: its tcp input with the codec json_lines, which never answers. kHttp: its http input.
/// kLumberjack: its beats input, which acknowledges.
enum class LogstashProtocol : std::uint8_t { kTcp, kHttp, kLumberjack };
[[nodiscard]] constexpr auto enum_names(LogstashProtocol) {
  return std::array<std::string_view, 3>{"tcp", "http", "lumberjack"};
}

struct LogstashSinkConfig {
  std::string address;
  LogstashProtocol protocol = LogstashProtocol::kTcp;
  Confirm confirm = Confirm::kClose;
  AuthConfig auth;

  template <typename V>
  void visit(V& v) {
    v.field("address", address, "tcp://h:PORT or tls://h:PORT; http://h:8080 for http");
    v.field("protocol", protocol,
            "of the input: tcp with the codec json_lines, http, or lumberjack (beats)");
    v.field("confirm", confirm, "of tcp: Logstash has read it and closed, or its kernel has it");
    v.field("auth", auth, "of http: how we identify ourselves");
  }
};

}  // namespace logging
