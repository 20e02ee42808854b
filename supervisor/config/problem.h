// What is wrong with a configuration, and where it is written.
//
// Reading goes on after a problem, so that one run tells all of them. A message is lower case and
// says "cannot X", the value and the nearest valid name.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace supervisor {

/// A place in a configuration text; `file` is a path, or the variable that held the text.
struct Origin {
  std::string file;
  std::uint32_t line = 0;  // from 1; 0: the file as a whole
  std::uint32_t column = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

enum class Severity : std::uint8_t {
  kWarning,
  kMissing,  // a variable, secret or mount that may exist later: an error only where it is needed
  kError,
};

struct Problem {
  Severity severity = Severity::kError;
  Origin origin;
  std::string message;

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Collects problems; each is kept once, however many services repeat it.
class Problems {
 public:
  void error(const Origin& origin, std::string message);
  void warn(const Origin& origin, std::string message);
  void missing(const Origin& origin, std::string message);

  /// By file in the order given (others before them), then by line and column.
  [[nodiscard]] std::vector<Problem> sorted(const std::vector<std::string>& files = {}) const;
  [[nodiscard]] bool has_errors() const;

 private:
  void add(Problem problem);

  std::vector<Problem> problems_;
};

[[nodiscard]] std::string format_origin(const Origin& origin);     // "birl.toml:3:7"
[[nodiscard]] std::string format_problem(const Problem& problem);  // "birl.toml:3:7: cannot ..."
[[nodiscard]] std::string_view severity_name(Severity severity, bool missing_is_error);

}  // namespace supervisor
