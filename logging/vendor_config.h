// What a [sink.NAME] table says when its type is a log service or a collector with an interface of
// its own: GELF, Fluentd's forward protocol, Splunk, Datadog, New Relic, Sumo Logic, OTLP. Part of
// sink_config.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/units.h"
#include "logging/network_config.h"
#include "logging/stream_config.h"

namespace logging {

struct GelfSinkConfig {
  std::string address;
  std::string hostname = "{host}";
  base::ByteCount datagram_bytes{1420};
  Confirm confirm = Confirm::kClose;
  AuthConfig auth;

  template <typename V>
  void visit(V& v) {
    v.field("address", address, "udp://h:12201, tcp:// or tls://; http://h:12201/gelf");
    v.field("hostname", hostname, "a template of {service} {stream} {host}");
    v.field("datagram_bytes", datagram_bytes,
            "of udp: longer messages go in chunks of this, at most 128; 8192 in a local network");
    v.field("confirm", confirm,
            "of tcp: the receiver has read it and closed, or its kernel has it");
    v.field("auth", auth, "of http: how we identify ourselves");
  }
};

struct ForwardSinkConfig {
  std::string address;
  std::string tag = "{service}";
  std::string hostname;
  base::Secret shared_key;
  std::string shared_key_file;
  std::string username;
  base::Secret password;
  std::string password_file;

  template <typename V>
  void visit(V& v) {
    v.field("address", address, "tcp://h:24224 or tls://h:24224, of Fluentd or Fluent Bit");
    v.field("tag", tag, "a template of {service} {stream} {host}");
    v.field("hostname", hostname, "what we call ourselves in a handshake; unset: the host's name");
    v.field("shared_key", shared_key, "where the receiver has one");
    v.field("shared_key_file", shared_key_file, "a file that holds it; read for each connection");
    v.field("username", username, "where the receiver asks for one");
    v.field("password", password, "its password");
    v.field("password_file", password_file, "a file that holds it; read for each connection");
  }
};

struct SplunkSinkConfig {
  std::string url;
  base::Secret token;
  std::string token_file;
  std::string index;
  std::string source = "{service}";
  std::string sourcetype = "_json";
  std::string channel;

  template <typename V>
  void visit(V& v) {
    v.field("url", url, "of the HTTP Event Collector, https://h:8088");
    v.field("token", token, "of the collector");
    v.field("token_file", token_file, "a file that holds it; read again when it is refused");
    v.field("index", index, "unset: what the token says");
    v.field("source", source, "a template of {service} {stream} {host}");
    v.field("sourcetype", sourcetype, "of every event");
    v.field("channel", channel, "a GUID, where the token has acknowledgements; none is asked for");
  }
};

struct DatadogSinkConfig {
  base::Secret api_key;
  std::string api_key_file;
  std::string site = "datadoghq.com";
  std::string url;
  std::string source = "{service}";
  std::vector<std::string> tags;

  template <typename V>
  void visit(V& v) {
    v.field("api_key", api_key, "of the organization");
    v.field("api_key_file", api_key_file, "a file that holds it; read again when it is refused");
    v.field("site", site, "datadoghq.com, datadoghq.eu, us3.datadoghq.com, ...");
    v.field("url", url, "unset: https://http-intake.logs.SITE");
    v.field("source", source, "ddsource, a template of {service} {stream} {host}");
    v.field("tags", tags, "\"name:value\", with the same templates");
  }
};

enum class NewRelicRegion : std::uint8_t { kUs, kEu, kGov };
[[nodiscard]] constexpr auto enum_names(NewRelicRegion) {
  return std::array<std::string_view, 3>{"us", "eu", "gov"};
}

struct NewRelicSinkConfig {
  base::Secret api_key;
  std::string api_key_file;
  NewRelicRegion region = NewRelicRegion::kUs;
  std::string url;
  std::map<std::string, std::string> attributes;

  template <typename V>
  void visit(V& v) {
    v.field("api_key", api_key, "the license key");
    v.field("api_key_file", api_key_file, "a file that holds it; read again when it is refused");
    v.field("region", region, "us, eu, or gov for FedRAMP");
    v.field("url", url, "unset: https://log-api.newrelic.com, or that of the region");
    v.field("attributes", attributes, "of every event, templates of {service} {stream} {host}");
  }
};

struct SumologicSinkConfig {
  base::Secret url;
  std::string url_file;
  std::string category;
  std::string source_name;
  std::string source_host;

  template <typename V>
  void visit(V& v) {
    v.field("url", url, "of the HTTP source, all of which is a secret");
    v.field("url_file", url_file, "a file that holds it; read again when it is refused");
    v.field("category", category, "X-Sumo-Category; unset: the source's");
    v.field("source_name", source_name, "X-Sumo-Name; unset: the source's");
    v.field("source_host", source_host, "X-Sumo-Host; unset: the source's");
  }
};

struct OtlpSinkConfig {
  std::string url = "http://localhost:4318";
  std::map<std::string, std::string> headers;
  std::map<std::string, std::string> resource;
  AuthConfig auth;

  template <typename V>
  void visit(V& v) {
    v.field("url", url, "of the collector; /v1/logs is added");
    v.field("headers", headers, "more of them");
    v.field("resource", resource,
            "attributes beside service.name and host.name, templates of {service} {stream} {host}");
    v.field("auth", auth, "how we identify ourselves");
  }
};

}  // namespace logging
