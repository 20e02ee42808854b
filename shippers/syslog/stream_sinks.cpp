#include "shippers/syslog/stream_sinks.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "shippers/forward/forward.h"
#include "shippers/gelf/gelf_format.h"
#include "shippers/logstash/json_lines_format.h"
#include "shippers/logstash/lumberjack.h"
#include "shippers/stream/stream_destination.h"
#include "shippers/syslog/syslog_format.h"
#include "shippers/syslog/token_format.h"

namespace shippers {

namespace {

using Kind = base::Endpoint::Kind;

constexpr std::uint16_t kSyslogPort = 514;
constexpr std::uint16_t kSyslogTlsPort = 6514;
constexpr std::uint16_t kTokenPort = 80;
constexpr std::uint16_t kTokenTlsPort = 443;
constexpr std::uint16_t kBeatsPort = 5044;
constexpr std::uint16_t kGelfPort = 12201;
constexpr std::uint16_t kForwardPort = 24224;
// Older receivers cut datagrams at this; rsyslog cuts messages on a stream at 8 KiB.
constexpr std::uint64_t kDatagramBytes = 1024;
constexpr std::uint64_t kMessageBytes = 8192;
constexpr std::uint64_t kPapertrailBytes = 100'000;

base::Result<base::Endpoint> endpoint_of(const std::string& address, std::uint16_t port,
                                         std::uint16_t tls_port) {
  auto endpoint = base::parse_endpoint(address);
  if (!endpoint) {
    return base::with_context(fmt::format("cannot use \"{}\"", address), endpoint.error());
  }
  if (endpoint->port == 0 && endpoint->kind != Kind::kUnix) {
    endpoint->port = endpoint->kind == Kind::kTls ? tls_port : port;
  }
  return endpoint;
}

base::Result<std::unique_ptr<Destination>> make_syslog(const logging::SyslogSinkConfig& config,
                                                       const logging::NetworkConfig& network,
                                                       std::uint64_t stream_bytes) {
  TRY_ASSIGN(const base::Endpoint endpoint,
             endpoint_of(config.address, kSyslogPort, kSyslogTlsPort));
  const std::uint64_t usual = endpoint.kind == Kind::kUdp ? kDatagramBytes : stream_bytes;
  SyslogFormat::Options options;
  options.config = config;
  options.message_bytes = config.message_bytes ? config.message_bytes->bytes : usual;
  options.is_local = endpoint.kind == Kind::kUnix;
  return std::make_unique<StreamDestination>(
      StreamDestination::Options{.endpoint = endpoint, .confirm = config.confirm}, network,
      std::make_unique<SyslogFormat>(options));
}

logging::SyslogSinkConfig syslog_of(const logging::PapertrailSinkConfig& papertrail) {
  logging::SyslogSinkConfig config;
  config.address = papertrail.address;
  config.framing = logging::Framing::kNewline;
  config.facility = papertrail.facility;
  config.app_name = papertrail.app_name;
  config.hostname = papertrail.hostname;
  config.structured_data = papertrail.structured_data;
  config.confirm = papertrail.confirm;
  return config;
}

base::Result<std::unique_ptr<Destination>> make_logentries(
    const logging::LogentriesSinkConfig& config, const logging::NetworkConfig& network) {
  const std::string address =
      config.address.empty() ? fmt::format("tls://{}.data.logs.insight.rapid7.com", config.region)
                             : config.address;
  TRY_ASSIGN(const base::Endpoint endpoint, endpoint_of(address, kTokenPort, kTokenTlsPort));
  return std::make_unique<StreamDestination>(
      StreamDestination::Options{.endpoint = endpoint, .confirm = config.confirm}, network,
      std::make_unique<TokenFormat>(config));
}

base::Result<std::unique_ptr<Destination>> make_logstash(const logging::LogstashSinkConfig& config,
                                                         const logging::NetworkConfig& network) {
  TRY_ASSIGN(const base::Endpoint endpoint, endpoint_of(config.address, kBeatsPort, kBeatsPort));
  std::unique_ptr<StreamFormat> format = std::make_unique<JsonLinesFormat>();
  if (config.protocol == logging::LogstashProtocol::kLumberjack) {
    format =
        std::make_unique<LumberjackFormat>(network.compress.value_or(logging::Compress::kGzip));
  }
  return std::make_unique<StreamDestination>(
      StreamDestination::Options{.endpoint = endpoint, .confirm = config.confirm}, network,
      std::move(format));
}

base::Result<std::unique_ptr<Destination>> make_gelf(const logging::GelfSinkConfig& config,
                                                     const logging::NetworkConfig& network) {
  TRY_ASSIGN(const base::Endpoint endpoint, endpoint_of(config.address, kGelfPort, kGelfPort));
  return std::make_unique<StreamDestination>(
      StreamDestination::Options{.endpoint = endpoint, .confirm = config.confirm}, network,
      std::make_unique<GelfFormat>(
          GelfFormat::Options{.config = config,
                              .over = endpoint.kind,
                              .compress = network.compress.value_or(logging::Compress::kGzip),
                              .seed = base::realtime_ns()}));
}

base::Result<std::unique_ptr<Destination>> make_forward(const logging::ForwardSinkConfig& config,
                                                        const logging::NetworkConfig& network) {
  TRY_ASSIGN(const base::Endpoint endpoint,
             endpoint_of(config.address, kForwardPort, kForwardPort));
  return std::make_unique<StreamDestination>(
      StreamDestination::Options{.endpoint = endpoint}, network,
      std::make_unique<ForwardFormat>(config, network.compress.value_or(logging::Compress::kGzip)));
}

}  // namespace

base::Result<std::unique_ptr<Destination>> make_stream_destination(
    const logging::SinkConfig& config) {
  if (config.type == logging::SinkType::kPapertrail) {
    return make_syslog(syslog_of(config.papertrail), config.network, kPapertrailBytes);
  }
  if (config.type == logging::SinkType::kLogentries) {
    return make_logentries(config.logentries, config.network);
  }
  if (config.type == logging::SinkType::kLogstash) {
    return make_logstash(config.logstash, config.network);
  }
  if (config.type == logging::SinkType::kGelf) {
    return make_gelf(config.gelf, config.network);
  }
  if (config.type == logging::SinkType::kForward) {
    return make_forward(config.forward, config.network);
  }
  return make_syslog(config.syslog, config.network, kMessageBytes);
}

}  // namespace shippers
