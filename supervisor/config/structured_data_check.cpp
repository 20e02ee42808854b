#include "supervisor/config/structured_data_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace supervisor {
namespace {

constexpr std::size_t kNameBytesMax = 32;

/// Takes what is there of it off `text`; empty: there is none, or it is too long.
std::string_view take_name(std::string_view& text) {
  const auto end = std::ranges::find_if(
      text, [](char c) { return c <= ' ' || c > '~' || c == '=' || c == ']' || c == '"'; });
  const auto bytes = static_cast<std::size_t>(end - text.begin());
  const std::string_view name = text.substr(0, bytes);
  text.remove_prefix(bytes);
  return bytes <= kNameBytesMax ? name : std::string_view{};
}

/// `="..."`; false: it is something else, or has no end.
bool take_value(std::string_view& text) {
  if (!text.starts_with("=\"")) {
    return false;
  }
  for (std::size_t at = 2; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      text.remove_prefix(at + 1);
      return true;
    } else if (text[at] == ']' || text[at] == '\n') {
      return false;
    }
  }
  return false;
}

std::optional<std::string> take_element(std::string_view& text, std::set<std::string_view>& ids) {
  if (!text.starts_with('[')) {
    return fmt::format("\"{}\" is no element: each is in brackets, without spaces between them",
                       text.substr(0, kNameBytesMax));
  }
  text.remove_prefix(1);
  const std::string_view id = take_name(text);
  if (id.empty()) {
    return "an element begins with its id: 1 to 32 printable characters without = ] \" or space";
  }
  if (!ids.insert(id).second) {
    return fmt::format("the id {} is there twice", id);
  }
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
    const std::string_view name = take_name(text);
    if (name.empty() || !take_value(text)) {
      return fmt::format(
          "element {}: behind a space it needs name=\"value\"; before \" \\ and ] "
          "in a value stands a backslash",
          id);
    }
  }
  if (!text.starts_with(']')) {
    return fmt::format("element {} has no end", id);
  }
  text.remove_prefix(1);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_structured_data_error(std::string_view text) {
  std::set<std::string_view> ids;
  while (!text.empty()) {
    if (auto error = take_element(text, ids)) {
      return error;
    }
  }
  return std::nullopt;
}

}  // namespace supervisor
