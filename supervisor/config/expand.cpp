#include "supervisor/config/expand.h"

#include <fmt/format.h>

#include <algorithm>

#include "supervisor/config/load.h"
#include "supervisor/config/sources.h"

namespace supervisor {
namespace {

constexpr std::string_view kFilePrefix = "file:";
constexpr std::string_view kDefaultMark = ":-";

bool is_variable_name(std::string_view name) {
  const auto is_name_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::ranges::all_of(name, is_name_character);
}

}  // namespace

bool has_reference(std::string_view text) {
  return text.find("${") != std::string_view::npos || text.find("$$") != std::string_view::npos;
}

void Expander::expand(Node& node) {
  if (node.expanded || node.kind != NodeKind::kString || !has_reference(node.text)) {
    return;
  }
  node.expanded = true;
  std::string out;
  std::string_view rest = node.text;
  while (!rest.empty()) {
    const std::size_t dollar = std::min(rest.find('$'), rest.size());
    out += rest.substr(0, dollar);
    rest.remove_prefix(dollar);
    if (rest.starts_with("${")) {
      const std::size_t end = rest.find('}');
      if (end == std::string_view::npos) {
        problems_.error(node.origin, fmt::format("cannot expand \"{}\": it has no `}}`", rest));
        node.unresolved = true;
        return;
      }
      Piece piece = expand_reference(rest.substr(2, end - 2), node.origin);
      node.unresolved = node.unresolved || piece.missing;
      node.secret = node.secret || piece.secret;
      out += piece.text;
      rest.remove_prefix(end + 1);
    } else if (!rest.empty()) {
      out += '$';
      rest.remove_prefix(rest.starts_with("$$") ? 2 : 1);
    }
  }
  if (!node.unresolved) {
    node.text = std::move(out);
  }
}

Expander::Piece Expander::expand_reference(std::string_view reference, const Origin& origin) {
  if (reference.starts_with(kFilePrefix)) {
    return expand_file(reference.substr(kFilePrefix.size()), origin);
  }
  return expand_variable(reference, origin);
}

Expander::Piece Expander::expand_file(std::string_view path, const Origin& origin) {
  if (!path.starts_with('/')) {
    problems_.error(origin,
                    fmt::format("cannot expand ${{file:{}}}: its path must begin with /", path));
    return {.text = {}, .missing = true, .secret = true};
  }
  auto content = read_text_file(std::string(path), LoadLimits::kSecretBytesMax);
  if (!content) {
    problems_.missing(origin,
                      fmt::format("cannot expand ${{file:{}}}: {}", path, content.error().message));
    return {.text = {}, .missing = true, .secret = true};
  }
  if (content->ends_with('\n')) {
    content->pop_back();
  }
  return {.text = *std::move(content), .missing = false, .secret = true};
}

Expander::Piece Expander::expand_variable(std::string_view reference, const Origin& origin) {
  const std::size_t mark = reference.find(kDefaultMark);
  const std::string_view name = reference.substr(0, mark);
  if (!is_variable_name(name)) {
    problems_.error(origin, fmt::format("cannot expand ${{{}}}: write ${{NAME}}, "
                                        "${{NAME:-default}} or ${{file:/path}}, $$ for a dollar",
                                        reference));
    return {.text = {}, .missing = true};
  }
  std::optional<Piece> value = find_variable(name);
  if (mark != std::string_view::npos) {
    const std::string_view fallback = reference.substr(mark + kDefaultMark.size());
    if (fallback.find("${") != std::string_view::npos) {
      problems_.error(origin,
                      fmt::format("cannot expand ${{{}}}: a default is plain text", reference));
      return {.text = {}, .missing = true};
    }
    const bool has_value = value && (value->missing || !value->text.empty());
    return has_value ? *std::move(value) : Piece{.text = std::string(fallback)};
  }
  if (!value) {
    problems_.missing(origin, fmt::format("cannot expand ${{{0}}}: the variable is not set "
                                          "(${{{0}:-default}} allows that)",
                                          name));
    return {.text = {}, .missing = true};
  }
  return *std::move(value);
}

std::optional<Expander::Piece> Expander::find_variable(std::string_view name) const {
  const std::string key(name);
  if (scope_ != nullptr) {
    if (const auto found = scope_->find(key); found != scope_->end()) {
      return found->second;
    }
  }
  if (const auto found = environment_.find(key); found != environment_.end()) {
    return Piece{.text = found->second};
  }
  return std::nullopt;
}

}  // namespace supervisor
