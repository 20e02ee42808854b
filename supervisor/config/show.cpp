#include "supervisor/config/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"

namespace supervisor {
namespace {

constexpr std::string_view kMask = "\"********\"";

std::string show_value(const Node& node);

std::string show_text(const Node& node) {
  std::string quoted;
  base::append_json_string(quoted, node.text);  // the escapes of JSON are TOML's, too
  return quoted;
}

std::string show_array(const Node& node) {
  std::string out = "[";
  for (const Node& item : node.items) {
    out += fmt::format("{}{}", out.size() > 1 ? ", " : "", show_value(item));
  }
  return out + "]";
}

std::string show_inline_table(const Node& node) {
  std::string out = "{";
  for (const auto& [key, child] : node.entries) {
    out +=
        fmt::format("{} {} = {}", out.size() > 1 ? "," : "", join_key("", key), show_value(child));
  }
  return out + " }";
}

std::string show_value(const Node& node) {
  if (node.secret) {
    return std::string(kMask);
  }
  switch (node.kind) {
    case NodeKind::kString:
      return show_text(node);
    case NodeKind::kInteger:
      return fmt::format("{}", node.integer);
    case NodeKind::kFloat:
      return fmt::format("{:#}", node.number);
    case NodeKind::kBoolean:
      return node.truth ? "true" : "false";
    case NodeKind::kDate:
      return node.text;
    case NodeKind::kArray:
      return show_array(node);
    case NodeKind::kTable:
      return show_inline_table(node);
  }
  return "";
}

void show_table(std::string& out, const Node& table, const std::string& path) {
  std::string values;
  for (const auto& [key, node] : table.entries) {
    if (node.kind != NodeKind::kTable) {
      values += fmt::format("{} = {}  # {}\n", join_key("", key), show_value(node),
                            format_origin(node.key_origin));
    }
  }
  const bool is_leaf = std::ranges::none_of(
      table.entries, [](const auto& entry) { return entry.second.kind == NodeKind::kTable; });
  if (!path.empty() && (!values.empty() || is_leaf)) {
    out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", path);
  }
  out += values;
  for (const auto& [key, node] : table.entries) {
    if (node.kind == NodeKind::kTable) {
      show_table(out, node, join_key(path, key));
    }
  }
}

}  // namespace

std::string show_config(const Node& root) {
  std::string out;
  show_table(out, root, "");
  return out;
}

}  // namespace supervisor
