#include <optional>

#include "base/endpoint.h"
#include "supervisor/config/structured_data_check.h"
#include "supervisor/config/template_check.h"
#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

/// Nothing when it was told that the address cannot be read.
std::optional<base::Endpoint> validate_address(const Judge& judge, const std::string& address,
                                               const std::string& path) {
  const auto endpoint = base::parse_endpoint(address);
  if (!endpoint) {
    judge.refuse(path + ".address", "use",
                 address.empty() ? "it is missing" : endpoint.error().message);
    return std::nullopt;
  }
  return *endpoint;
}

void validate_label(const Judge& judge, const std::string& text, const std::string& path) {
  if (const auto error = find_template_error(text, logging::kLabelNames)) {
    judge.refuse(path, "use", *error);
  }
}

void validate_structured_data(const Judge& judge, const std::string& text,
                              const std::string& path) {
  validate_label(judge, text, path);
  if (const auto error = find_structured_data_error(text)) {
    judge.refuse(path, "use", *error);
  }
}

void validate_syslog(const Judge& judge, const logging::SyslogSinkConfig& syslog,
                     const std::string& path) {
  constexpr std::uint64_t kMessageBytesMin = 480;  // what every receiver takes
  constexpr std::uint64_t kMessageBytesMax = 1'000'000;
  (void)validate_address(judge, syslog.address, path);
  const bool is_old = syslog.rfc == logging::SyslogSinkConfig::kRfcOld;
  judge.require(is_old || syslog.rfc == logging::SyslogSinkConfig::kRfcNew, path + ".rfc",
                "it must be 5424 or 3164");
  judge.require(!is_old || syslog.structured_data.empty(), path + ".structured_data",
                "RFC 3164 has none");
  validate_label(judge, syslog.app_name, path + ".app_name");
  validate_label(judge, syslog.hostname, path + ".hostname");
  validate_structured_data(judge, syslog.structured_data, path + ".structured_data");
  if (syslog.message_bytes) {
    judge.require(syslog.message_bytes->bytes >= kMessageBytesMin &&
                      syslog.message_bytes->bytes <= kMessageBytesMax,
                  path + ".message_bytes", "it must be 480 to 1000000");
  }
}

void validate_papertrail(const Judge& judge, const logging::PapertrailSinkConfig& papertrail,
                         const std::string& path) {
  const auto endpoint = validate_address(judge, papertrail.address, path);
  judge.require(!endpoint || endpoint->port != 0, path + ".address",
                "the port is missing: with the host it names the account");
  validate_label(judge, papertrail.app_name, path + ".app_name");
  validate_label(judge, papertrail.hostname, path + ".hostname");
  validate_structured_data(judge, papertrail.structured_data, path + ".structured_data");
}

void validate_logentries(const Judge& judge, const logging::LogentriesSinkConfig& logentries,
                         const std::string& path) {
  const bool is_url =
      logentries.address.starts_with("http://") || logentries.address.starts_with("https://");
  if (!logentries.address.empty() && !is_url) {
    (void)validate_address(judge, logentries.address, path);
  }
  judge.require(logentries.token.empty() || logentries.token_file.empty(), path + ".token_file",
                "the secret is given twice; remove one");
  judge.require(!logentries.token.empty() || !logentries.token_file.empty(), path,
                "it needs token or token_file");
  judge.require(!logentries.region.empty(), path + ".region", "the name is empty");
}

void validate_logstash(const Judge& judge, const logging::LogstashSinkConfig& logstash,
                       const std::string& path) {
  if (logstash.protocol == logging::LogstashProtocol::kHttp) {
    const bool is_url =
        logstash.address.starts_with("http://") || logstash.address.starts_with("https://");
    judge.require(is_url, path + ".address", "with http it must begin with http:// or https://");
    validate_auth(judge, logstash.auth, path + ".auth");
    return;
  }
  const auto endpoint = validate_address(judge, logstash.address, path);
  const bool is_tcp = !endpoint || endpoint->kind == base::Endpoint::Kind::kTcp ||
                      endpoint->kind == base::Endpoint::Kind::kTls;
  judge.require(is_tcp, path + ".address", "it must begin with tcp:// or tls://");
  const bool has_port = !endpoint || endpoint->port != 0 ||
                        logstash.protocol == logging::LogstashProtocol::kLumberjack;
  judge.require(!is_tcp || has_port, path + ".address",
                "the port is missing: Logstash's tcp input has no usual one");
}

}  // namespace

void validate_stream_sink(const Judge& judge, const logging::SinkConfig& sink,
                          const std::string& path) {
  if (sink.type == logging::SinkType::kSyslog) {
    validate_syslog(judge, sink.syslog, path);
  } else if (sink.type == logging::SinkType::kPapertrail) {
    validate_papertrail(judge, sink.papertrail, path);
  } else if (sink.type == logging::SinkType::kLogstash) {
    validate_logstash(judge, sink.logstash, path);
  } else {
    validate_logentries(judge, sink.logentries, path);
  }
}

}  // namespace supervisor
