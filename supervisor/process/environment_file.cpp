// The parser of environment_file; the rest of environment.h is in environment.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "supervisor/process/environment.h"

namespace supervisor {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kEscapable = "\"\\$`";

bool is_name(std::string_view name) {
  const auto is_name_character = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::ranges::all_of(name, is_name_character);
}

class EnvironmentFileParser {
 public:
  EnvironmentFileParser(std::string_view text, std::string_view path) : rest_(text), path_(path) {}

  base::Result<Environment> parse() {
    while (!rest_.empty()) {
      skip(kBlanks);
      if (rest_.empty() || rest_[0] == '\n' || rest_[0] == '#') {
        take_line();
      } else {
        TRY(parse_assignment());
      }
    }
    return std::move(environment_);
  }

 private:
  void skip(std::string_view characters) {
    rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(characters)));
  }

  /// Up to the next newline, which goes too.
  std::string_view take_line() {
    const std::size_t end = std::min(rest_.size(), rest_.find('\n'));
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(rest_.size(), end + 1));
    ++line_number_;
    return line;
  }

  base::Unexpected fail(std::string_view what) const {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot read {}:{}: {}", path_, line_number_, what));
  }

  base::Result<void> parse_assignment() {
    const std::size_t end = std::min(rest_.size(), rest_.find_first_of("=\n"));
    if (end == rest_.size() || rest_[end] == '\n') {
      return fail("expected NAME=value");
    }
    std::string_view name = base::trim(rest_.substr(0, end));
    if (name.starts_with("export ")) {
      name = base::trim(name.substr(7));
    }
    if (!is_name(name)) {
      return fail(fmt::format("\"{}\" is no name of a variable", name));
    }
    rest_.remove_prefix(end + 1);
    skip(kBlanks);
    TRY_ASSIGN(std::string value, parse_value());
    environment_.insert_or_assign(std::string(name), std::move(value));
    return {};
  }

  base::Result<std::string> parse_value() {
    if (rest_.empty() || (rest_[0] != '"' && rest_[0] != '\'')) {
      return std::string(base::trim(take_line()));
    }
    TRY_ASSIGN(std::string value, parse_quoted());
    const std::string_view behind = base::trim(take_line());
    if (!behind.empty() && behind[0] != '#') {
      --line_number_;
      return fail("text after the closing quote");
    }
    return value;
  }

  base::Result<std::string> parse_quoted() {
    const char quote = rest_[0];
    const std::string_view all = rest_.substr(1);
    std::string value;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i] == quote) {
        line_number_ += static_cast<std::size_t>(std::ranges::count(value, '\n'));
        rest_ = all.substr(i + 1);
        return value;
      }
      const bool escapes = quote == '"' && all[i] == '\\' && i + 1 < all.size() &&
                           kEscapable.find(all[i + 1]) != std::string_view::npos;
      i += escapes ? 1 : 0;
      value += all[i];
    }
    return fail("the closing quote is missing");
  }

  std::string_view rest_;
  std::string_view path_;
  std::size_t line_number_ = 1;
  Environment environment_;
};

}  // namespace

base::Result<Environment> parse_environment_file(std::string_view text, std::string_view path) {
  if (text.find('\0') != std::string_view::npos) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot read {}: it contains a NUL byte", path));
  }
  return EnvironmentFileParser(text, path).parse();
}

}  // namespace supervisor
