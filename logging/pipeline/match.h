// A compiled `match`: all that are given must hold, a list means any of its items.
//
// Pure; const after make().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/pipeline/regex.h"
#include "logging/pipeline_config.h"
#include "logging/record.h"

namespace logging {

/// The levels that `level` means, a bit each. kInvalid: a name that is none, or one by itself.
[[nodiscard]] base::Result<std::uint32_t> parse_levels(const base::OneOrSeveral& level);

class Match {
 public:
  /// kInvalid says which part is wrong: "message: missing ): a(".
  [[nodiscard]] static base::Result<Match> make(const MatchConfig& config);

  [[nodiscard]] bool matches(const Record& record) const;

  /// The record's severity is looked at: it must be known by then.
  [[nodiscard]] bool needs_severity() const { return levels_ != 0; }

 private:
  struct FieldPatterns {
    std::string name;
    std::vector<std::string> patterns;
  };
  [[nodiscard]] bool message_matches(std::string_view message) const;

  std::vector<std::string> services_;
  std::uint32_t streams_ = 0;  // a bit per stream; 0: any
  std::uint32_t levels_ = 0;   // a bit per severity; 0: any
  std::vector<Regex> messages_;
  std::vector<FieldPatterns> fields_;
};

}  // namespace logging
