// What a [sink.NAME] table says when its type is one across a network: what all such sinks share,
// and one struct per type. Part of sink_config.h; the `visit` lists are the option table.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/units.h"
#include "logging/line_format.h"

namespace logging {

/// What may stand in braces in labels and tags.
inline constexpr std::array<std::string_view, 3> kLabelNames{"service", "stream", "host"};

struct BatchConfig {
  base::ByteCount bytes{1'000'000};
  std::uint32_t records = 10'000;
  base::Duration linger = base::seconds(1);

  template <typename V>
  void visit(V& v) {
    v.field("bytes", bytes, "a batch is sent when it has this size; the type may allow less");
    v.field("records", records, "or when it has this many records");
    v.field("linger", linger, "or when its oldest record has waited this long");
  }
};

enum class SpoolSync : std::uint8_t { kNone, kGroup };
[[nodiscard]] constexpr auto enum_names(SpoolSync) {
  return std::array<std::string_view, 2>{"none", "group"};
}

struct SpoolConfig {
  std::string directory;  // empty: below the state directory
  base::ByteCount bytes{256U << 20U};
  SpoolSync sync = SpoolSync::kNone;

  template <typename V>
  void visit(V& v) {
    v.field("directory", directory, "where it is; unset: STATE_DIRECTORY/spool/NAME");
    v.field("bytes", bytes, "what it holds at most; then its oldest records are dropped");
    v.field("sync", sync, "group: every batch is on the disk before it counts as taken");
  }
};

struct RetryConfig {
  base::Duration initial = base::seconds(1);
  base::Duration max = base::seconds(60);
  std::uint32_t attempts = 0;

  template <typename V>
  void visit(V& v) {
    v.field("initial", initial, "bound of the first wait; waits are random below their bound");
    v.field("max", max, "the bound doubles up to this");
    v.field("attempts", attempts, "after this many a batch is rejected; 0 never gives up");
  }
};

struct TlsConfig {
  bool verify = true;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;

  template <typename V>
  void visit(V& v) {
    v.field("verify", verify, "check the server's certificate and name");
    v.field("ca_file", ca_file, "certificates to trust; unset: the system's");
    v.field("cert_file", cert_file, "our certificate, for servers that ask for one");
    v.field("key_file", key_file, "its key");
  }
};

enum class Compress : std::uint8_t { kNone, kGzip };
[[nodiscard]] constexpr auto enum_names(Compress) {
  return std::array<std::string_view, 2>{"none", "gzip"};
}

/// The keys that every network sink has beside those of its type.
struct NetworkConfig {
  BatchConfig batch;
  std::optional<SpoolConfig> spool = SpoolConfig{};  // unset by `spool = false`
  RetryConfig retry;
  std::string dead_letter;           // a sink's name; empty: what is refused is dropped
  std::optional<Compress> compress;  // unset: what the destination is known to take
  base::Duration timeout = base::seconds(30);
  TlsConfig tls;
  std::string proxy;
  std::optional<SinkFormat> format;  // unset: what the destination usually gets
  std::optional<Timestamp> timestamp;

  template <typename V>
  void visit(V& v) {
    v.field("batch", batch, "when a batch is sent");
    v.field("spool", spool, "what keeps records through an outage");
    v.field("retry", retry, "waits between attempts");
    v.field("dead_letter", dead_letter,
            "the sink that gets what is refused for good, with the reason");
    v.field("compress", compress, "of requests; unset: gzip where the destination takes it");
    v.field("timeout", timeout, "of one request");
    v.field("tls", tls, "how https is checked");
    v.field("proxy", proxy, "URL of a proxy; unset: HTTPS_PROXY and NO_PROXY");
    v.field("format", format, "where lines are text: raw, text, json or logfmt; unset: its usual");
    v.field("timestamp", timestamp, "before each line; unset: iso for text, else none");
  }
};

/// At most one of basic and bearer, each by itself or in a file.
struct AuthConfig {
  base::Secret basic;
  std::string basic_file;
  base::Secret bearer;
  std::string bearer_file;

  template <typename V>
  void visit(V& v) {
    v.field("basic", basic, "\"user:password\"");
    v.field("basic_file", basic_file, "a file that holds it; read again when it is refused");
    v.field("bearer", bearer, "a token");
    v.field("bearer_file", bearer_file, "a file that holds it; read again when it is refused");
  }
};

enum class HttpMethod : std::uint8_t { kPost, kPut };
[[nodiscard]] constexpr auto enum_names(HttpMethod) {
  return std::array<std::string_view, 2>{"POST", "PUT"};
}

enum class HttpBody : std::uint8_t { kNdjson, kJsonArray, kText };
[[nodiscard]] constexpr auto enum_names(HttpBody) {
  return std::array<std::string_view, 3>{"ndjson", "json-array", "text"};
}

struct HttpSinkConfig {
  std::string url;
  HttpMethod method = HttpMethod::kPost;
  std::map<std::string, std::string> headers;
  HttpBody body = HttpBody::kNdjson;
  AuthConfig auth;

  template <typename V>
  void visit(V& v) {
    v.field("url", url, "where batches go");
    v.field("method", method, "of each request");
    v.field("headers", headers, "more of them");
    v.field("body", body, "a JSON object a line, one JSON array, or the bare lines");
    v.field("auth", auth, "how we identify ourselves");
  }
};

struct LogglySinkConfig {
  base::Secret token;
  std::string token_file;
  std::vector<std::string> tags;
  std::string url = "https://logs-01.loggly.com";

  template <typename V>
  void visit(V& v) {
    v.field("token", token, "the customer token");
    v.field("token_file", token_file, "a file that holds it; read again when it is refused");
    v.field("tags", tags, "letters, digits, `-`, `.` and `_`");
    v.field("url", url, "Loggly's host");
  }
};

struct ElasticsearchSinkConfig {
  std::string url = "http://localhost:9200";
  std::string index = "logs-birl-default";
  AuthConfig auth;
  base::Secret api_key;
  std::string api_key_file;

  template <typename V>
  void visit(V& v) {
    v.field("url", url, "of Elasticsearch or OpenSearch");
    v.field("index", index, "index or data stream");
    v.field("auth", auth, "how we identify ourselves");
    v.field("api_key", api_key, "\"id:key\", instead of auth");
    v.field("api_key_file", api_key_file, "a file that holds it; read again when it is refused");
  }
};

struct LokiSinkConfig {
  std::string url = "http://localhost:3100";
  std::map<std::string, std::string> labels{
      {"service", "{service}"}, {"stream", "{stream}"}, {"host", "{host}"}};
  std::string tenant;
  AuthConfig auth;

  template <typename V>
  void visit(V& v) {
    v.field("url", url, "of Loki");
    v.field("labels", labels, "templates of {service} {stream} {host}");
    v.field("tenant", tenant, "X-Scope-OrgID, where there are several");
    v.field("auth", auth, "how we identify ourselves");
  }
};

}  // namespace logging
