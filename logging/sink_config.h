// What a [sink.NAME] table says, as plain data: one struct per sink type beside what all share.
//
// Defaults are written here and nowhere else. The configuration's reader, its encoding for the
// router and the option reference all walk the `visit` lists (base/codec.h).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/command.h"
#include "base/units.h"
#include "logging/network_config.h"
#include "logging/pipeline_config.h"
#include "logging/stream_config.h"
#include "logging/vendor_config.h"

namespace logging {

enum class SinkType : std::uint8_t {
  kFile,
  kConsole,
  kHttp,
  kLoggly,
  kElasticsearch,
  kLoki,
  kSyslog,
  kPapertrail,
  kLogentries,
  kLogstash,
  kGelf,
  kForward,
  kSplunkHec,
  kDatadog,
  kNewRelic,
  kSumologic,
  kOtlp,
};
[[nodiscard]] constexpr auto enum_names(SinkType) {
  return std::to_array<std::string_view>({"file", "console", "http", "loggly", "elasticsearch",
                                          "loki", "syslog", "papertrail", "logentries", "logstash",
                                          "gelf", "forward", "splunk_hec", "datadog", "newrelic",
                                          "sumologic", "otlp"});
}

/// Sinks across a network have the keys of NetworkConfig.
[[nodiscard]] constexpr bool is_network(SinkType type) {
  return type != SinkType::kFile && type != SinkType::kConsole;
}

/// What a full ring (across a network: a full spool) means to this sink.
/// kBlock: a gating consumer, the service waits. kDropOldest: a lapping consumer, lines are counted
/// as dropped{lapped}. kDropNewest and kDropByLevel: the sink has a queue of its own (a spool is
/// one); what finds no room in it is dropped{queue_full}, logging/admission.h says which first.
enum class WhenFull : std::uint8_t { kBlock, kDropOldest, kDropNewest, kDropByLevel };
[[nodiscard]] constexpr auto enum_names(WhenFull) {
  return std::array<std::string_view, 4>{"block", "drop-oldest", "drop-newest", "drop-by-level"};
}

enum class ConsoleTarget : std::uint8_t { kSame, kStdout, kStderr };
[[nodiscard]] constexpr auto enum_names(ConsoleTarget) {
  return std::array<std::string_view, 3>{"same", "stdout", "stderr"};
}

enum class ArchiveCompress : std::uint8_t { kNone, kGzip };
[[nodiscard]] constexpr auto enum_names(ArchiveCompress) {
  return std::array<std::string_view, 2>{"none", "gzip"};
}

/// How rotated files are called; shippers/file/archive_names.h has the names.
enum class ArchiveNaming : std::uint8_t { kTimestamp, kNumber, kTai64n };
[[nodiscard]] constexpr auto enum_names(ArchiveNaming) {
  return std::array<std::string_view, 3>{"timestamp", "number", "tai64n"};
}

/// When a file's bytes are forced to the disk. kInterval: at most FileSinkConfig::sync_interval
/// after they were written. kRotate: before it is renamed.
enum class FileSync : std::uint8_t { kNone, kInterval, kRotate };
[[nodiscard]] constexpr auto enum_names(FileSync) {
  return std::array<std::string_view, 3>{"none", "interval", "rotate"};
}

/// What may stand in braces (base/text_template.h): in a file's path, and in text.
inline constexpr std::array<std::string_view, 5> kPathNames{"service", "stream", "instance", "host",
                                                            "date:"};
inline constexpr std::array<std::string_view, 4> kTextNames{"service", "stream", "instance",
                                                            "host"};

struct RotateConfig {
  base::ByteCount size{16U << 20U};
  std::optional<base::Duration> interval;
  std::uint32_t keep = 10;
  std::optional<base::ByteCount> keep_bytes;
  std::optional<base::Duration> keep_age;
  ArchiveCompress compress = ArchiveCompress::kNone;
  ArchiveNaming naming = ArchiveNaming::kTimestamp;
  base::Command command;

  template <typename V>
  void visit(V& v) {
    v.field("size", size, "rotate before the file would grow over this size; 0 never rotates");
    v.field("interval", interval, "rotate also at each full interval, counted in UTC");
    v.field("keep", keep, "how many rotated files stay beside the current one");
    v.field("keep_bytes", keep_bytes, "the oldest are deleted beyond this size together");
    v.field("keep_age", keep_age, "those last written longer ago are deleted");
    v.field("compress", compress, "what rotated files are packed with, in the background");
    v.field("naming", naming, "timestamp or tai64n: when it was rotated; number: .1 is the newest");
    v.field("command", command, "runs after each rotation; BIRL_FILE is the rotated file");
  }
};

struct FileSinkConfig {
  std::string path = "/var/log/birl/{service}/current";
  SinkFormat format = SinkFormat::kRaw;
  std::optional<Timestamp> timestamp;  // unset: iso for text, else none
  RotateConfig rotate;
  FileSync sync = FileSync::kNone;
  base::Duration sync_interval = base::seconds(1);
  base::FileMode mode{0640};
  std::string user;   // name or uid; empty: the router's
  std::string group;  // name or gid; empty: the user's, or the router's

  template <typename V>
  void visit(V& v) {
    v.field("path", path, "the file, a template of {service} {stream} {instance} {host} {date:%F}");
    v.field("format", format,
            "raw: the bytes; text: time, service, stream, bytes; json, logfmt: records");
    v.field("timestamp", timestamp, "of each line; unset: iso for text, none for raw");
    v.field("rotate", rotate, "when a file is rotated and how many stay");
    v.field("sync", sync, "when bytes are forced to the disk");
    v.field("sync_interval", sync_interval, "with sync = \"interval\": after this long at most");
    v.field("mode", mode, "permissions of new files");
    v.field("user", user, "owner of the files and of directories made for them");
    v.field("group", group, "their group; unset: the user's");
  }
};

struct ConsoleSinkConfig {
  ConsoleTarget target = ConsoleTarget::kSame;
  SinkFormat format = SinkFormat::kRaw;
  std::optional<Timestamp> timestamp;  // unset: iso for text, else none
  std::string prefix;

  template <typename V>
  void visit(V& v) {
    v.field("target", target,
            "which of birl's own outputs; same: stdout to stdout, stderr to stderr");
    v.field("format", format,
            "raw: the bytes; text: time, service, stream, bytes; json, logfmt: records");
    v.field("timestamp", timestamp, "of each line; unset: iso for text, none for raw");
    v.field("prefix", prefix,
            "goes before every line, a template of {service} {stream} {instance} {host}");
  }
};

struct SinkConfig {
  std::string name;  // the table's name
  SinkType type = SinkType::kConsole;
  std::vector<std::string> services;               // names and globs, `!name` excludes
  std::optional<WhenFull> when_full;               // unset: block; drop-oldest across a network
  base::Duration block_limit = base::seconds(60);  // ns 0 means "never"
  MatchConfig match;                               // of what it gets, it takes what matches
  base::OneOrSeveral pipeline;                     // names
  FileSinkConfig file;                             // when type is kFile
  ConsoleSinkConfig console;                       // when type is kConsole
  NetworkConfig network;                           // when is_network(type), and one of:
  HttpSinkConfig http;
  LogglySinkConfig loggly;
  ElasticsearchSinkConfig elasticsearch;
  LokiSinkConfig loki;
  SyslogSinkConfig syslog;
  PapertrailSinkConfig papertrail;
  LogentriesSinkConfig logentries;
  LogstashSinkConfig logstash;
  GelfSinkConfig gelf;
  ForwardSinkConfig forward;
  SplunkSinkConfig splunk_hec;
  DatadogSinkConfig datadog;
  NewRelicSinkConfig newrelic;
  SumologicSinkConfig sumologic;
  OtlpSinkConfig otlp;

  [[nodiscard]] WhenFull policy() const {
    return when_full.value_or(is_network(type) ? WhenFull::kDropOldest : WhenFull::kBlock);
  }
  /// What its consumers get goes through a queue in memory (router/sink_queue.h).
  [[nodiscard]] bool has_queue() const {
    return !is_network(type) && policy() != WhenFull::kBlock && policy() != WhenFull::kDropOldest;
  }

  /// The keys that all types share; those of the type stand beside them in the same table.
  template <typename V>
  void visit_common(V& v) {
    v.field("type", type, "what kind of sink");
    v.field("services", services, "services it takes without being named in their `log`");
    v.field("match", match, "takes only records that match");
    v.field("pipeline", pipeline, "pipelines that its records go through");
    v.field(
        "when_full", when_full,
        "block, drop-oldest, drop-newest or drop-by-level; unset: block, of a spool drop-oldest");
    v.field("block_limit", block_limit,
            "how long a failing target may block; then oldest are dropped");
  }
  /// Those of its type, but for what network sinks share.
  template <typename V>
  void visit_type(V& v) {
    switch (type) {
      case SinkType::kFile:
        return file.visit(v);
      case SinkType::kConsole:
        return console.visit(v);
      case SinkType::kHttp:
        return http.visit(v);
      case SinkType::kLoggly:
        return loggly.visit(v);
      case SinkType::kElasticsearch:
        return elasticsearch.visit(v);
      case SinkType::kLoki:
        return loki.visit(v);
      case SinkType::kSyslog:
        return syslog.visit(v);
      case SinkType::kPapertrail:
        return papertrail.visit(v);
      case SinkType::kLogentries:
        return logentries.visit(v);
      case SinkType::kLogstash:
        return logstash.visit(v);
      case SinkType::kGelf:
        return gelf.visit(v);
      case SinkType::kForward:
        return forward.visit(v);
      case SinkType::kSplunkHec:
        return splunk_hec.visit(v);
      case SinkType::kDatadog:
        return datadog.visit(v);
      case SinkType::kNewRelic:
        return newrelic.visit(v);
      case SinkType::kSumologic:
        return sumologic.visit(v);
      case SinkType::kOtlp:
        return otlp.visit(v);
    }
  }
  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    visit_common(v);
    v.field("file", file);
    v.field("console", console);
    v.field("network", network);
    v.field("http", http);
    v.field("loggly", loggly);
    v.field("elasticsearch", elasticsearch);
    v.field("loki", loki);
    v.field("syslog", syslog);
    v.field("papertrail", papertrail);
    v.field("logentries", logentries);
    v.field("logstash", logstash);
    v.field("gelf", gelf);
    v.field("forward", forward);
    v.field("splunk_hec", splunk_hec);
    v.field("datadog", datadog);
    v.field("newrelic", newrelic);
    v.field("sumologic", sumologic);
    v.field("otlp", otlp);
  }
};

/// The whole configuration of a router process, made by PID 1 from the user's configuration.
struct RouterConfig {
  std::string host;
  std::string runtime_directory;
  std::string state_directory;  // not writable: spools are in the runtime directory
  base::ByteCount pipe_memory{8U << 20U};
  std::vector<SinkConfig> sinks;
  std::map<std::string, PipelineConfig> pipelines;
  std::vector<ServiceRecordConfig> services;  // whose lines are more than bytes
  std::string listen;                         // [http] listen; empty: off

  template <typename V>
  void visit(V& v) {
    v.field("host", host);
    v.field("runtime_directory", runtime_directory);
    v.field("state_directory", state_directory);
    v.field("pipe_memory", pipe_memory);
    v.field("sinks", sinks);
    v.field("pipelines", pipelines);
    v.field("services", services);
    v.field("listen", listen);
  }
};

}  // namespace logging
