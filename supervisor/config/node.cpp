#include "supervisor/config/node.h"

#include <algorithm>

#include "base/json_writer.h"

namespace supervisor {

Node* Node::find(std::string_view key) {
  const auto found = entries.find(std::string(key));
  return found == entries.end() ? nullptr : &found->second;
}

const Node* Node::find(std::string_view key) const {
  const auto found = entries.find(std::string(key));
  return found == entries.end() ? nullptr : &found->second;
}

std::string_view kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::kString:
      return "a string";
    case NodeKind::kInteger:
      return "an integer";
    case NodeKind::kFloat:
      return "a float";
    case NodeKind::kBoolean:
      return "a boolean";
    case NodeKind::kDate:
      return "a date or time";
    case NodeKind::kArray:
      return "an array";
    case NodeKind::kTable:
      return "a table";
  }
  return "a value";
}

Node make_table(const Origin& origin) {
  Node node;
  node.kind = NodeKind::kTable;
  node.origin = origin;
  node.key_origin = origin;
  return node;
}

Node make_string(const Origin& origin, std::string text) {
  Node node = make_table(origin);
  node.kind = NodeKind::kString;
  node.text = std::move(text);
  return node;
}

Node make_boolean(const Origin& origin, bool truth) {
  Node node = make_table(origin);
  node.kind = NodeKind::kBoolean;
  node.truth = truth;
  return node;
}

Node make_strings(const Origin& origin, const std::vector<std::string>& texts) {
  Node node = make_table(origin);
  node.kind = NodeKind::kArray;
  for (const std::string& text : texts) {
    node.items.push_back(make_string(origin, text));
  }
  return node;
}

bool is_bare_key(std::string_view key) {
  const auto is_bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !key.empty() && std::ranges::all_of(key, is_bare);
}

std::string join_key(std::string_view path, std::string_view key) {
  std::string joined(path);
  if (!joined.empty()) {
    joined += '.';
  }
  if (is_bare_key(key)) {
    joined += key;
  } else {
    base::append_json_string(joined, key);
  }
  return joined;
}

}  // namespace supervisor
