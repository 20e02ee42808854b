// One JSON object, such as a line of a structured log, into fields.
//
// simdjson does it (On-Demand). Everything is checked before anything is believed: a nested value
// stays the text that it was, so it must be valid JSON down to its leaves, for it is written out
// again as it is. Numbers keep their digits, however many. Of a key that comes twice the last value
// holds. Nesting is limited. A total function of any bytes.
// Threads: one owner a parser (it keeps buffers).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "logging/arena.h"
#include "logging/record.h"

namespace logging {

struct JsonLimits {
  static constexpr std::size_t kDepth = 32;
  static constexpr std::size_t kBytes = 4U << 20U;  // of one object
};

/// Why a text could not be parsed: a static text, empty when it could.
using ParseProblem = std::string_view;

class JsonParser {
 public:
  JsonParser();
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  /// Fills `fields` (cleared first) from the object that `text` is. The fields view a copy in
  /// `arena`. After a problem `fields` has whatever came before it.
  [[nodiscard]] ParseProblem parse(std::string_view text, Arena& arena, FieldList& fields);

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace logging
