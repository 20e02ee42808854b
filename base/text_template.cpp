#include "base/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/date_format.h"
#include "base/text.h"

namespace base {

namespace {

std::string shown(std::string_view name) {
  return name.ends_with(':') ? fmt::format("{{{}%F}}", name) : fmt::format("{{{}}}", name);
}

Unexpected unknown_name(std::string_view name, std::span<const std::string_view> known) {
  const std::vector<std::string> names(known.begin(), known.end());
  std::vector<std::string> all;
  for (const std::string_view one : known) {
    all.push_back(shown(one));
  }
  const auto near = nearest(name, names);
  return fail(ErrorCode::kInvalid, fmt::format("there is no {{{}}} ({})", name,
                                               near ? fmt::format("did you mean {}?", shown(*near))
                                                    : fmt::format("known are {}; {{{{ is a brace",
                                                                  fmt::join(all, " "))));
}

/// What stands between two braces.
Result<TemplatePart> parse_name(std::string_view inside, std::span<const std::string_view> known) {
  const std::size_t colon = inside.find(':');
  const std::string_view name = inside.substr(0, colon == inside.npos ? colon : colon + 1);
  if (std::ranges::find(known, name) == known.end()) {
    return unknown_name(inside, known);
  }
  TemplatePart part{.name = std::string(name), .text = std::string(inside.substr(name.size()))};
  if (colon != inside.npos) {
    if (const auto error = find_date_format_error(part.text)) {
      return fail(ErrorCode::kInvalid, *error);
    }
  }
  return part;
}

}  // namespace

Result<std::vector<TemplatePart>> parse_template(std::string_view text,
                                                 std::span<const std::string_view> known) {
  std::vector<TemplatePart> parts;
  const auto add_literal = [&parts](char c) {
    if (parts.empty() || !parts.back().name.empty()) {
      parts.emplace_back();
    }
    parts.back().text += c;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      add_literal(rest[0]);
      ++at;
    } else if (rest[0] != '{') {
      add_literal(rest[0]);
    } else {
      const std::size_t end = rest.find('}');
      if (end == rest.npos) {
        return fail(ErrorCode::kInvalid,
                    fmt::format("\"{}\" has no closing brace (write {{{{ for a brace)", rest));
      }
      TRY_ASSIGN(TemplatePart part, parse_name(rest.substr(1, end - 1), known));
      parts.push_back(std::move(part));
      at += end;
    }
  }
  return parts;
}

}  // namespace base
