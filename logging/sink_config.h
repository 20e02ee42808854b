// What a [sink.NAME] table says, as plain data: one struct per sink type beside what all share.
//
// Defaults are written here and nowhere else. The configuration's reader, its encoding for the
// router and the option reference all walk the `visit` lists (base/codec.h).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "logging/pipeline_config.h"

namespace logging {

enum class SinkType : std::uint8_t { kFile, kConsole };
[[nodiscard]] constexpr auto enum_names(SinkType) {
  return std::array<std::string_view, 2>{"file", "console"};
}

/// What a full ring means to this sink.
/// kBlock: a gating consumer, the service waits. kDropOldest: a lapping consumer, lines are counted
/// as dropped{lapped}.
enum class WhenFull : std::uint8_t { kBlock, kDropOldest };
[[nodiscard]] constexpr auto enum_names(WhenFull) {
  return std::array<std::string_view, 2>{"block", "drop-oldest"};
}

enum class ConsoleTarget : std::uint8_t { kSame, kStdout, kStderr };
[[nodiscard]] constexpr auto enum_names(ConsoleTarget) {
  return std::array<std::string_view, 3>{"same", "stdout", "stderr"};
}

struct RotateConfig {
  base::ByteCount size{16U << 20U};
  std::uint32_t keep = 10;

  template <typename V>
  void visit(V& v) {
    v.field("size", size, "rotate before the file would grow over this size; 0 never rotates");
    v.field("keep", keep, "how many rotated files stay beside the current one");
  }
};

struct FileSinkConfig {
  std::string path = "/var/log/birl/{service}/current";
  RotateConfig rotate;
  base::FileMode mode{0640};

  template <typename V>
  void visit(V& v) {
    v.field("path", path, "the file, a template of {service} {stream} {host}");
    v.field("rotate", rotate, "when a file is rotated and how many stay");
    v.field("mode", mode, "permissions of new files");
  }
};

struct ConsoleSinkConfig {
  ConsoleTarget target = ConsoleTarget::kSame;
  std::string prefix;

  template <typename V>
  void visit(V& v) {
    v.field("target", target,
            "which of birl's own outputs; same: stdout to stdout, stderr to stderr");
    v.field("prefix", prefix, "goes before every line, a template of {service} {stream} {host}");
  }
};

struct SinkConfig {
  std::string name;  // the table's name
  SinkType type = SinkType::kConsole;
  std::vector<std::string> services;  // names and globs, `!name` excludes
  MatchConfig match;                  // of what it gets, it takes what matches
  base::OneOrSeveral pipeline;        // names
  WhenFull when_full = WhenFull::kBlock;
  base::Duration block_limit = base::seconds(60);  // ns 0 means "never"
  FileSinkConfig file;                             // when type is kFile
  ConsoleSinkConfig console;                       // when type is kConsole

  /// The keys that all types share; those of the type stand beside them in the same table.
  template <typename V>
  void visit_common(V& v) {
    v.field("type", type, "what kind of sink");
    v.field("services", services, "services it takes without being named in their `log`");
    v.field("match", match, "takes only records that match");
    v.field("pipeline", pipeline, "pipelines that its records go through");
    v.field("when_full", when_full, "what a full ring means");
    v.field("block_limit", block_limit,
            "how long a failing target may block; then oldest are dropped");
  }
  template <typename V>
  void visit(V& v) {
    v.field("name", name);
    visit_common(v);
    v.field("file", file);
    v.field("console", console);
  }
};

/// The whole configuration of a router process, made by PID 1 from the user's configuration.
struct RouterConfig {
  std::string host;
  std::string runtime_directory;
  base::ByteCount pipe_memory{8U << 20U};
  std::vector<SinkConfig> sinks;
  std::map<std::string, PipelineConfig> pipelines;
  std::vector<ServiceRecordConfig> services;  // whose lines are more than bytes

  template <typename V>
  void visit(V& v) {
    v.field("host", host);
    v.field("runtime_directory", runtime_directory);
    v.field("pipe_memory", pipe_memory);
    v.field("sinks", sinks);
    v.field("pipelines", pipelines);
    v.field("services", services);
  }
};

}  // namespace logging
