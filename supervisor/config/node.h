// A TOML document as our own plain tree: what the parser read, with the place of every value.
//
// The merging, expanding and reading stages work on it, so that only toml_reader.cpp knows the
// parser. Lifetime: values, a node owns its children. Threads: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/config/problem.h"

namespace supervisor {

enum class NodeKind : std::uint8_t {
  kString,
  kInteger,
  kFloat,
  kBoolean,
  kDate,
  kArray,
  kTable,
};

struct Node {
  NodeKind kind = NodeKind::kTable;
  Origin origin;      // of the value
  Origin key_origin;  // of the key before it; the value's own for array items

  std::string text;  // kString; kDate as written
  std::int64_t integer = 0;
  double number = 0;
  bool truth = false;
  std::vector<Node> items;              // kArray
  std::map<std::string, Node> entries;  // kTable

  bool expanded = false;    // ${} was replaced: text may stand for a number or boolean
  bool unresolved = false;  // a variable or file was missing: there is no value to judge
  bool secret = false;      // came from ${file:}: never printed
  bool inherited = false;   // comes from [defaults]

  [[nodiscard]] Node* find(std::string_view key);
  [[nodiscard]] const Node* find(std::string_view key) const;
};

[[nodiscard]] std::string_view kind_name(NodeKind kind);  // "a string", "an array", ...

[[nodiscard]] Node make_table(const Origin& origin);
[[nodiscard]] Node make_string(const Origin& origin, std::string text);
[[nodiscard]] Node make_boolean(const Origin& origin, bool truth);
[[nodiscard]] Node make_strings(const Origin& origin, const std::vector<std::string>& texts);

/// "service" + "web" is `service.web`; a key that TOML has to quote is quoted.
[[nodiscard]] std::string join_key(std::string_view path, std::string_view key);
[[nodiscard]] bool is_bare_key(std::string_view key);

}  // namespace supervisor
