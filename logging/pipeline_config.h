// What a [pipeline.NAME] table says, and `match`, as plain data.
//
// A step is a table with one verb. Nothing is compiled here: PID 1 carries it as text, the router
// and `birl check` make a Pipeline of it (logging/pipeline/pipeline.h). Defaults are written here
// and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/one_or_several.h"
#include "base/units.h"

namespace logging {

struct PipelineLimits {
  static constexpr std::size_t kSteps = 64;
  static constexpr std::size_t kPipelinesOfOne = 8;  // that a service or a sink names
};

/// All that are given must hold; a list means any of its items.
struct MatchConfig {
  base::OneOrSeveral service{};  // names and globs
  base::OneOrSeveral stream{};   // stdout, stderr
  base::OneOrSeveral level{};    // ">=warn", "<=info" or a list of names
  base::Regexes message{};
  std::map<std::string, base::OneOrSeveral> field{};  // its value: texts and globs

  [[nodiscard]] bool empty() const {
    return service.empty() && stream.empty() && level.empty() && message.empty() && field.empty();
  }
  template <typename V>
  void visit(V& v) {
    v.field("service", service, "names and globs of services");
    v.field("stream", stream, "stdout or stderr");
    v.field("level", level, "\">=warn\", \"<=info\" or a list of names");
    v.field("message", message, "regular expressions that the message matches somewhere");
    v.field("field", field, "fields and the values (or globs) that they have");
  }
};

/// parse = "json", or parse = { regex = "..." }.
struct ParseConfig {
  static constexpr std::string_view kShorthand = "format";
  std::string format;  // json, logfmt, syslog
  base::Regexes regex;

  template <typename V>
  void visit(V& v) {
    v.field("format", format, "json, logfmt or syslog");
    v.field("regex", regex, "its named groups (?P<name>...) become fields");
  }
};

struct MultilineConfig {
  static constexpr std::string_view kShorthand = "preset";
  std::string preset;  // java, python, go, ruby, node
  base::Regexes start;
  base::Regexes continues;
  base::Duration timeout = base::seconds(1);
  base::ByteCount bytes{64U << 10U};

  template <typename V>
  void visit(V& v) {
    v.field("preset", preset, "java, python, go, ruby or node");
    v.field("start", start, "a line that matches begins a record");
    v.field("continue", continues, "a line that matches belongs to the one before");
    v.field("timeout", timeout, "a record waits no longer for its next line");
    v.field("bytes", bytes, "a record is not larger than this");
  }
};

struct LimitConfig {
  double rate = 0;  // records a second
  std::optional<std::uint32_t> burst;
  base::OneOrSeveral per;

  template <typename V>
  void visit(V& v) {
    v.field("rate", rate, "records a second that pass");
    v.field("burst", burst, "how many may pass at once; without it one second's");
    v.field("per", per, "stream, level or fields whose values are limited each by itself");
  }
};

struct DedupeConfig {
  static constexpr std::string_view kShorthand = "window";
  base::Duration window = base::seconds(5);

  template <typename V>
  void visit(V& v) {
    v.field("window", window, "the same message is not repeated for so long");
  }
};

struct StepConfig {
  std::optional<ParseConfig> parse;
  std::optional<MultilineConfig> multiline;
  std::optional<MatchConfig> keep;
  std::optional<MatchConfig> drop;
  std::optional<std::string> level;
  std::optional<std::map<std::string, std::string>> set;
  std::optional<std::map<std::string, std::string>> rename;
  std::optional<base::OneOrSeveral> remove;
  std::optional<base::Regexes> redact;
  std::optional<double> sample;
  std::optional<LimitConfig> limit;
  std::optional<DedupeConfig> dedupe;

  template <typename V>
  void visit(V& v) {
    v.field("parse", parse, "json, logfmt, syslog or a regex: makes fields of the message");
    v.field("multiline", multiline, "joins lines that belong together");
    v.field("keep", keep, "drops what does not match");
    v.field("drop", drop, "drops what matches");
    v.field("level", level,
            "the field that holds the level, or \"text\": looked for in the message");
    v.field("set", set, "fields and their new values, templates of {service} {stream} {host}");
    v.field("rename", rename, "fields and their new names");
    v.field("remove", remove, "fields to take away");
    v.field("redact", redact,
            "credit_card, email, ipv4, ipv6, bearer, aws_key, jwt, private_key, or regexes");
    v.field("sample", sample, "the part of the records that pass, 0 to 1");
    v.field("limit", limit, "how many records pass in a time");
    v.field("dedupe", dedupe, "drops repetitions and says how many there were");
  }
};

struct PipelineConfig {
  std::vector<StepConfig> steps;

  template <typename V>
  void visit(V& v) {
    v.field("steps", steps, "tables of one verb each, in their order");
  }
};

/// What a service's lines are before any sink looks at them.
struct ServiceRecordConfig {
  std::string service;
  std::vector<std::string> pipelines;
  std::map<std::string, std::string> fields;
  std::string stderr_level = "error";

  template <typename V>
  void visit(V& v) {
    v.field("service", service);
    v.field("pipelines", pipelines);
    v.field("fields", fields);
    v.field("stderr_level", stderr_level);
  }
};

}  // namespace logging
