// The redact step: takes secrets out of everything that a record holds.
//
// The raw text, the message and the value of every field are gone through, nested JSON string
// by string, so that it stays JSON; text behind escapes is looked at as what it means. What is
// found becomes [REDACTED]. Text without anything to find is not copied. Pure; const after make().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/arena.h"
#include "logging/pipeline/regex.h"
#include "logging/pipeline/secrets.h"
#include "logging/record.h"

namespace logging {

inline constexpr std::string_view kRedacted = "[REDACTED]";

class Redactor {
 public:
  /// Built-in names (secrets.h) or regular expressions; a word that only looks like a name is an
  /// expression.
  [[nodiscard]] static base::Result<Redactor> make(const std::vector<std::string>& what);

  void apply(Record& record, Arena& arena) const;

  /// `text` itself when there was nothing to find.
  [[nodiscard]] std::string_view redact(std::string_view text, Arena& arena) const;

 private:
  [[nodiscard]] bool find(std::string_view text, std::size_t from, SecretSpan& span) const;
  void apply(Value& value, Arena& arena) const;
  [[nodiscard]] std::string_view redact_json(std::string_view json, Arena& arena) const;

  std::vector<Secret> secrets_;
  std::vector<Regex> expressions_;
};

}  // namespace logging
