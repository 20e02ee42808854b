#include "logging/parse/regex_fields.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>

namespace logging {

namespace {

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(static_cast<std::int64_t>(RegexLimits::kMemoryBytes));
  return options;
}

}  // namespace

struct RegexParser::Engine {
  explicit Engine(const std::string& pattern) : expression(pattern, options()) {}

  re2::RE2 expression;
  int groups = 0;  // to ask for: up to the last one that has a name
  std::vector<std::pair<int, std::string>> names;
};

RegexParser::RegexParser(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
RegexParser::~RegexParser() = default;
RegexParser::RegexParser(RegexParser&&) noexcept = default;
RegexParser& RegexParser::operator=(RegexParser&&) noexcept = default;

base::Result<RegexParser> RegexParser::make(const std::string& pattern) {
  auto engine = std::make_unique<Engine>(pattern);
  if (!engine->expression.ok()) {
    return base::fail(base::ErrorCode::kInvalid, engine->expression.error());
  }
  for (const auto& [index, name] : engine->expression.CapturingGroupNames()) {
    engine->names.emplace_back(index, name);
    engine->groups = index;
  }
  if (engine->names.empty()) {
    return base::fail(base::ErrorCode::kInvalid,
                      "it has no named group; write (?P<name>...) around what makes a field");
  }
  if (static_cast<std::size_t>(engine->groups) >= RegexLimits::kGroups) {
    return base::fail(base::ErrorCode::kLimit,
                      fmt::format("it has more than {} groups", RegexLimits::kGroups - 1));
  }
  return RegexParser(std::move(engine));
}

ParseProblem RegexParser::parse(std::string_view line, FieldList& fields) const {
  fields.clear();
  std::array<re2::StringPiece, RegexLimits::kGroups> groups;
  const re2::StringPiece text(line.data(), line.size());
  if (!engine_->expression.Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                                 engine_->groups + 1)) {
    return "regex: it does not match";
  }
  for (const auto& [index, name] : engine_->names) {
    const re2::StringPiece& group = groups[static_cast<std::size_t>(index)];
    if (group.data() != nullptr) {
      static_cast<void>(fields.set(name, {{group.data(), group.size()}, ValueKind::kText}));
    }
  }
  return {};
}

std::string find_regex_error(const std::string& pattern) {
  const re2::RE2 expression(pattern, options());
  return expression.ok() ? "" : expression.error();
}

}  // namespace logging
