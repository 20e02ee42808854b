#include "supervisor/config/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text.h"

namespace supervisor {
namespace {

constexpr std::size_t kShownBytesMax = 60;

std::string describe_value(const Node& node) {
  if (node.secret) {
    return "a secret";
  }
  switch (node.kind) {
    case NodeKind::kString: {
      const bool whole = node.text.size() <= kShownBytesMax;
      return fmt::format("the string \"{}{}\"", node.text.substr(0, kShownBytesMax),
                         whole ? "" : "...");
    }
    case NodeKind::kInteger:
      return fmt::format("the integer {}", node.integer);
    case NodeKind::kFloat:
      return fmt::format("the float {}", node.number);
    case NodeKind::kBoolean:
      return node.truth ? "true" : "false";
    case NodeKind::kDate:
    case NodeKind::kArray:
    case NodeKind::kTable:
      return std::string(kind_name(node.kind));
  }
  return "a value";
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return !text.empty() && error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

/// strtod, since libc++ has no from_chars for it; the locale is always "C".
std::optional<double> parse_float(const std::string& text) {
  if (text.find_first_not_of("0123456789.eE+-") != std::string::npos) {
    return std::nullopt;  // no blanks, no hexadecimal, no "inf"
  }
  char* stop = nullptr;
  const double value = std::strtod(text.c_str(), &stop);
  return !text.empty() && stop == text.c_str() + text.size() ? std::optional(value) : std::nullopt;
}

/// What a string would have to be written as, to help somebody who wrote a number.
std::string string_hint(const Node& node) {
  if (node.secret) {
    return "";
  }
  switch (node.kind) {
    case NodeKind::kInteger:
      return fmt::format(" like \"{}\"", node.integer);
    case NodeKind::kBoolean:
      return fmt::format(" like \"{}\"", node.truth);
    case NodeKind::kString:
    case NodeKind::kFloat:
    case NodeKind::kDate:
    case NodeKind::kArray:
    case NodeKind::kTable:
      return "";
  }
  return "";
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const auto near = base::nearest(name, candidates);
  return near ? fmt::format(" (did you mean {}?)", *near) : "";
}

std::string last_key(const std::string& inner) {
  const std::size_t dot = inner.rfind('.');
  return dot == std::string::npos ? inner : inner.substr(dot + 1);
}

}  // namespace

void ValueReader::wrong_type(const Node& node, const KeyPath& path, std::string_view wanted) {
  problems_.error(node.origin, fmt::format("cannot read {}: it must be {}, not {}", path.shown(),
                                           wanted, describe_value(node)));
}

bool ValueReader::expect(const Node& node, NodeKind kind, const KeyPath& path,
                         std::string_view wanted) {
  if (node.kind != kind) {
    wrong_type(node, path, wanted);
  }
  return node.kind == kind;
}

bool ValueReader::resolve(Node& node) {
  expander_.expand(node);
  return !node.unresolved;
}

bool ValueReader::is_word(Node& node, const KeyPath& path) {
  const std::string_view word = find_option_word(last_key(path.inner));
  if (node.kind == NodeKind::kBoolean) {
    return !node.truth && word == "false";
  }
  return !word.empty() && node.kind == NodeKind::kString && resolve(node) && node.text == word;
}

std::optional<std::string> ValueReader::read_string(Node& node, const KeyPath& path) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  if (node.kind != NodeKind::kString) {
    wrong_type(node, path, fmt::format("a string{}", string_hint(node)));
    return std::nullopt;
  }
  if (node.text.find('\0') != std::string::npos) {
    problems_.error(node.origin,
                    fmt::format("cannot read {}: it holds a NUL character", path.shown()));
    return std::nullopt;
  }
  return node.text;
}

std::optional<TcpTarget> ValueReader::read_tcp_target(Node& node, const KeyPath& path) {
  if (node.kind == NodeKind::kInteger) {
    return TcpTarget{fmt::format("{}", node.integer)};
  }
  std::optional<std::string> text = read_string(node, path);
  return text ? std::optional(TcpTarget{*std::move(text)}) : std::nullopt;
}

std::optional<bool> ValueReader::read_boolean(Node& node, const KeyPath& path) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  if (node.kind == NodeKind::kBoolean) {
    return node.truth;
  }
  if (node.kind == NodeKind::kString && node.expanded &&
      (node.text == "true" || node.text == "false")) {
    return node.text == "true";
  }
  wrong_type(node, path, "true or false");
  return std::nullopt;
}

std::optional<double> ValueReader::read_number(Node& node, const KeyPath& path) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  std::optional<double> number;
  if (node.kind == NodeKind::kInteger) {
    number = static_cast<double>(node.integer);
  } else if (node.kind == NodeKind::kFloat) {
    number = node.number;
  } else if (node.kind == NodeKind::kString && node.expanded) {
    number = parse_float(node.text);
  }
  if (!number || !std::isfinite(*number)) {
    wrong_type(node, path, "a number");
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> ValueReader::read_integer(Node& node, const KeyPath& path,
                                                      std::int64_t least, std::int64_t most) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  std::optional<std::int64_t> number;
  if (node.kind == NodeKind::kInteger) {
    number = node.integer;
  } else if (node.kind == NodeKind::kString && node.expanded) {
    number = parse_integer(node.text);
  }
  const std::string_view word = find_option_word(last_key(path.inner));
  if (!number) {
    wrong_type(node, path, word.empty() ? "an integer" : fmt::format("an integer or \"{}\"", word));
    return std::nullopt;
  }
  if (*number < least || *number > most) {
    problems_.error(node.origin, fmt::format("cannot read {}: {} is not in {} to {}", path.shown(),
                                             describe_value(node), least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<std::size_t> ValueReader::read_choice(Node& node, const KeyPath& path,
                                                    const std::vector<std::string>& choices) {
  auto text = read_string(node, path);
  if (!text) {
    return std::nullopt;
  }
  // Both are read in values; a type's name is that of its keys, with `_`.
  const auto with_hyphens = [](std::string word) {
    std::ranges::replace(word, '_', '-');
    return word;
  };
  const auto found = std::ranges::find(choices, with_hyphens(*text), with_hyphens);
  if (found == choices.end()) {
    problems_.error(node.origin, fmt::format("cannot read {}: it must be {}, not {}{}",
                                             path.shown(), fmt::join(choices, " or "),
                                             describe_value(node), did_you_mean(*text, choices)));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - choices.begin());
}

std::optional<base::Duration> ValueReader::read_duration(Node& node, const KeyPath& path) {
  if (node.kind == NodeKind::kInteger) {
    wrong_type(node, path,
               fmt::format("a duration with its unit (\"{}s\" for seconds)", node.integer));
    return std::nullopt;
  }
  if (!resolve(node)) {
    return std::nullopt;
  }
  if (node.kind != NodeKind::kString) {
    wrong_type(node, path, "a duration like \"10s\"");
    return std::nullopt;
  }
  const auto ns = base::parse_duration_ns(node.text);
  if (!ns && node.secret) {
    wrong_type(node, path, "a duration like \"10s\"");
  } else if (!ns) {
    problems_.error(node.origin, fmt::format("{} ({})", ns.error().message, path.shown()));
  }
  return ns ? std::optional(base::Duration{*ns}) : std::nullopt;
}

std::optional<base::ByteCount> ValueReader::read_bytes(Node& node, const KeyPath& path) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  if (node.kind == NodeKind::kInteger && node.integer >= 0) {
    return base::ByteCount{static_cast<std::uint64_t>(node.integer)};
  }
  if (node.kind != NodeKind::kString || node.secret) {
    wrong_type(node, path, "a size like \"64KiB\"");
    return std::nullopt;
  }
  const auto bytes = base::parse_bytes(node.text);
  if (!bytes) {
    problems_.error(node.origin, fmt::format("{} ({})", bytes.error().message, path.shown()));
  }
  return bytes ? std::optional(base::ByteCount{*bytes}) : std::nullopt;
}

std::optional<ResourceLimit> ValueReader::read_limit(Node& node, const KeyPath& path) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  if (node.kind == NodeKind::kString && node.text == ResourceLimit::kUnlimitedWord) {
    return ResourceLimit{ResourceLimit::kUnlimited};
  }
  const auto bytes = read_bytes(node, path);
  return bytes ? std::optional(ResourceLimit{bytes->bytes}) : std::nullopt;
}

std::optional<base::FileMode> ValueReader::read_mode(Node& node, const KeyPath& path) {
  if (!resolve(node)) {
    return std::nullopt;
  }
  std::uint32_t bits = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, bits, 8);
  constexpr std::uint32_t kBitsMax = 07777;
  if (node.kind != NodeKind::kString || node.text.empty() || error != std::errc{} || stop != end ||
      bits > kBitsMax) {
    wrong_type(node, path, "an octal string like \"0640\"");
    return std::nullopt;
  }
  return base::FileMode{bits};
}

bool ValueReader::fill_one_or_several(Node& node, const KeyPath& path, base::OneOrSeveral& member) {
  member.is_list = node.kind == NodeKind::kArray;
  if (member.is_list) {
    return fill(node, path, member.items);
  }
  if (node.kind != NodeKind::kString) {
    wrong_type(node, path, "a string or an array of strings");
    return false;
  }
  member.items.resize(1);
  return set(member.items.front(), read_string(node, path));
}

std::optional<std::string> ValueReader::read_scalar_text(Node& node, const KeyPath& path) {
  switch (node.kind) {
    case NodeKind::kInteger:
      return fmt::format("{}", node.integer);
    case NodeKind::kFloat:
      return fmt::format("{}", node.number);
    case NodeKind::kBoolean:
      return node.truth ? "true" : "false";
    case NodeKind::kDate:
      return node.text;
    case NodeKind::kString:
    case NodeKind::kArray:
    case NodeKind::kTable:
      return read_string(node, path);
  }
  return std::nullopt;
}

std::optional<Command> ValueReader::read_command(Node& node, const KeyPath& path) {
  Command command;
  if (node.kind == NodeKind::kString) {  // not expanded: the shell does it
    command.shell = true;
    node.expanded = true;
    const auto text = read_string(node, path);
    if (!text) {
      return std::nullopt;
    }
    command.argv = {*text};
    return command;
  }
  if (node.kind != NodeKind::kArray) {
    wrong_type(node, path, "an array of strings or a string");
    return std::nullopt;
  }
  if (!fill(node, path, command.argv)) {
    return std::nullopt;
  }
  return command;
}

void TableReader::finish() {
  for (const auto& [key, node] : table_.entries) {
    if (std::ranges::find(known_, key) == known_.end()) {
      values_.problems().error(node.key_origin, describe_unknown(key, node));
    }
  }
}

std::string TableReader::describe_unknown(const std::string& key, const Node& node) const {
  const std::string shown = path_.child(key, node.inherited).shown();
  if (key == "remove" || key == "replace") {
    return fmt::format("cannot read {}: it must be true or false, not {}", shown,
                       describe_value(node));
  }
  if (const auto misplaced = misplaced_.find(key); misplaced != misplaced_.end()) {
    return fmt::format("cannot use {}: {}", shown, misplaced->second);
  }
  return fmt::format("cannot use {}: there is no such key{}", shown, did_you_mean(key, known_));
}

}  // namespace supervisor
