#include "logging/pipeline/regex.h"

#include <re2/re2.h>

#include "logging/parse/regex_fields.h"

namespace logging {

struct Regex::Engine {
  explicit Engine(const std::string& pattern, const re2::RE2::Options& options)
      : expression(pattern, options) {}
  re2::RE2 expression;
};

Regex::Regex(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

base::Result<Regex> Regex::make(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(RegexLimits::kMemoryBytes));
  auto engine = std::make_unique<Engine>(pattern, options);
  if (!engine->expression.ok()) {
    return base::fail(base::ErrorCode::kInvalid, engine->expression.error());
  }
  return Regex(std::move(engine));
}

bool Regex::matches(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  return engine_->expression.Match(piece, 0, piece.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

bool Regex::find(std::string_view text, std::size_t from, Span& span) const {
  const re2::StringPiece piece(text.data(), text.size());
  while (from < text.size()) {
    re2::StringPiece match;
    if (!engine_->expression.Match(piece, from, piece.size(), re2::RE2::UNANCHORED, &match, 1)) {
      return false;
    }
    span.begin = static_cast<std::size_t>(match.data() - text.data());
    span.end = span.begin + match.size();
    if (!match.empty()) {
      return true;
    }
    from = span.end + 1;
  }
  return false;
}

}  // namespace logging
