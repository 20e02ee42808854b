// A record: one line of a service (or several that belong together), on its way through a pipeline.
//
// All texts are views: into the ring's frame, into the batch's Arena, or into the configuration.
// Nothing is copied that need not change, and nothing is allocated for a record once its field list
// has grown. Lifetime: until the frames are given up or the arena is reset. Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "logging/handoff/ring_layout.h"
#include "logging/severity.h"

namespace logging {

struct RecordLimits {
  static constexpr std::size_t kFields = 1024;  // what a record has more goes on unparsed
};

/// What is known of a value's text.
enum class ValueKind : std::uint8_t {
  kText,   // any bytes; JSON output has to check and escape them
  kPlain,  // UTF-8 without anything that JSON would escape
  kJson,   // a valid JSON value other than a string, as written: 1.50, true, null, {"a":[1]}
};

struct Value {
  std::string_view text;
  ValueKind kind = ValueKind::kText;

  friend bool operator==(const Value&, const Value&) = default;
};

struct Field {
  std::string_view name;
  Value value;
  bool plain_name = false;  // the name needs no check or escape

  friend bool operator==(const Field&, const Field&) = default;
};

/// Fields in order of their first coming, each name once: a later value takes the place of an
/// earlier one.
class FieldList {
 public:
  /// False when the list is full.
  bool set(std::string_view name, Value value, bool plain_name = false);
  bool remove(std::string_view name);

  [[nodiscard]] Field* find(std::string_view name);
  [[nodiscard]] const Field* find(std::string_view name) const;

  void clear() {
    fields_.clear();
    seen_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  [[nodiscard]] bool empty() const { return fields_.empty(); }
  [[nodiscard]] auto begin() { return fields_.begin(); }
  [[nodiscard]] auto end() { return fields_.end(); }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }

  friend bool operator==(const FieldList& a, const FieldList& b) { return a.fields_ == b.fields_; }

 private:
  std::vector<Field> fields_;
  std::uint64_t seen_ = 0;  // a bit per hash of a name that may be there: most are new
};

/// How much is known of what the service wrote.
enum class TextOrigin : std::uint8_t {
  kLine,    // a line
  kParsed,  // it was parsed: a message that is empty was not there
  kJson,    // parsed as JSON: strings in `raw` may hide text behind escapes
};

[[nodiscard]] constexpr std::string_view stream_name(Stream stream) {
  return stream == Stream::kStdout ? "stdout" : "stderr";
}

/// The 2 of web@2; a service without instances is its own first.
[[nodiscard]] constexpr std::string_view instance_of(std::string_view service) {
  const std::size_t at = service.rfind('@');
  return at == std::string_view::npos ? "1" : service.substr(at + 1);
}

struct Record {
  std::string_view service;
  Stream stream = Stream::kStdout;
  std::uint16_t incarnation = 0;
  std::uint64_t time_ns = 0;   // realtime: of the read, or what the application says
  std::uint64_t read_ns = 0;   // of the read, always: what limits and windows go by
  std::uint64_t position = 0;  // of its first byte in the ring
  std::uint64_t line = 0;      // its number in the ring
  std::uint64_t lines = 1;     // how many lines of the ledger it stands for
  Severity severity = Severity::kInfo;
  bool has_severity = false;  // else it is looked for when somebody asks
  bool is_piece = false;      // of a line that is too long for the ring: not parsed
  TextOrigin origin = TextOrigin::kLine;
  Value raw;      // the line, without its newline
  Value message;  // what it says; `raw` until something was parsed
  FieldList fields;
};

}  // namespace logging
