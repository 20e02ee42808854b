// A regular expression with named groups, and the fields that it finds in a line.
//
// RE2: linear time on any text. Groups that took no part make no field. Threads: const after
// make(); one owner.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/parse/json_fields.h"
#include "logging/record.h"

namespace logging {

struct RegexLimits {
  static constexpr std::size_t kGroups = 64;
  static constexpr std::size_t kMemoryBytes = 8U << 20U;  // of one compiled expression
};

class RegexParser {
 public:
  /// kInvalid: RE2 does not take it, or it has no named group.
  [[nodiscard]] static base::Result<RegexParser> make(const std::string& pattern);
  ~RegexParser();
  RegexParser(RegexParser&&) noexcept;
  RegexParser& operator=(RegexParser&&) noexcept;

  /// Fills `fields` (cleared first) with views of `line`. A problem when it does not match.
  [[nodiscard]] ParseProblem parse(std::string_view line, FieldList& fields) const;

 private:
  struct Engine;
  explicit RegexParser(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

/// What is wrong with `pattern`; empty: nothing.
[[nodiscard]] std::string find_regex_error(const std::string& pattern);

}  // namespace logging
