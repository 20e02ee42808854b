#include "supervisor/config/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace supervisor {
namespace {

constexpr std::string_view kRemove = "remove";
constexpr std::string_view kReplace = "replace";

/// Keys of which a table has one: who names one drops the others of what is below it.
struct Alternatives {
  std::string_view table;
  std::vector<std::string_view> keys;
};

const std::array<Alternatives, 2>& alternatives() {
  static const std::array<Alternatives, 2> kAlternatives{
      {{"ready", {"fd", "sd_notify", "tcp", "http", "command", "file"}},
       {"health", {"http", "tcp", "command", "watchdog"}}}};
  return kAlternatives;
}

/// `path` is "service.NAME.ready", "defaults.ready".
bool is_table_of(std::string_view path, std::string_view key) {
  const bool in_place = path.starts_with("service.") || path.starts_with("defaults.");
  return in_place && path.ends_with(key) && path.substr(0, path.size() - key.size()).ends_with('.');
}

/// Takes the other alternatives out of `under` when `over` names one.
void drop_alternatives(Node& under, const Node& over, const Alternatives& rule) {
  const auto names = [&](std::string_view key) { return over.find(key) != nullptr; };
  if (std::ranges::any_of(rule.keys, names)) {
    for (const std::string_view key : rule.keys) {
      under.entries.erase(std::string(key));
    }
  }
}

class Merger {
 public:
  Merger(MergedTree& tree, Problems& problems) : tree_(tree), problems_(problems) {}

  void merge(Node& base, Node over, const std::string& path) {
    for (auto& [key, node] : over.entries) {
      merge_entry(base, key, std::move(node), join_key(path, key));
    }
  }

 private:
  void merge_entry(Node& base, const std::string& key, Node node, const std::string& path) {
    if (node.kind != NodeKind::kTable) {
      base.entries.insert_or_assign(key, std::move(node));
      return;
    }
    const Node* directive = node.find(kRemove);
    const Origin remove_origin = directive != nullptr ? directive->key_origin : node.origin;
    if (take_directive(node, kRemove)) {
      remove(base, key, node, remove_origin, path);
      return;
    }
    if (take_directive(node, kReplace)) {
      base.entries.erase(key);
    }
    tree_.removed.erase(path);  // it is there again
    merge_table(base, key, std::move(node), path);
  }

  void merge_table(Node& base, const std::string& key, Node node, const std::string& path) {
    Node* under = base.find(key);
    if (under == nullptr || under->kind != NodeKind::kTable) {
      Node empty = make_table(node.origin);
      empty.key_origin = node.key_origin;
      under = &base.entries.insert_or_assign(key, std::move(empty)).first->second;
    }
    for (const Alternatives& rule : alternatives()) {
      if (is_table_of(path, rule.table)) {
        drop_alternatives(*under, node, rule);
      }
    }
    merge(*under, std::move(node), path);
  }

  void remove(Node& base, const std::string& key, const Node& node, const Origin& origin,
              const std::string& path) {
    if (!node.entries.empty()) {
      problems_.error(node.entries.begin()->second.key_origin,
                      fmt::format("cannot set {} in a table with `remove = true`",
                                  join_key(path, node.entries.begin()->first)));
    }
    if (base.entries.erase(key) == 0 && path != "sink.console") {  // that one is built in
      problems_.warn(origin, fmt::format("cannot remove {}: nothing before this has it", path));
    }
    tree_.removed.insert_or_assign(path, origin);
  }

  /// True for `key = true`. Only a boolean is a directive: the key may be a variable's name, too.
  static bool take_directive(Node& table, std::string_view key) {
    const Node* found = table.find(key);
    if (found == nullptr || found->kind != NodeKind::kBoolean) {
      return false;
    }
    const bool truth = found->truth;
    table.entries.erase(std::string(key));
    return truth;
  }

  MergedTree& tree_;
  Problems& problems_;
};

void mark_inherited(Node& node) {
  node.inherited = true;
  for (auto& [key, child] : node.entries) {
    mark_inherited(child);
  }
}

}  // namespace

void merge_source(MergedTree& tree, Node source, Problems& problems) {
  Merger(tree, problems).merge(tree.root, std::move(source), "");
}

void inherit(Node& over, const Node& under) {
  for (const auto& [key, node] : under.entries) {
    Node* mine = over.find(key);
    if (mine == nullptr) {
      mark_inherited(over.entries.emplace(key, node).first->second);
    } else if (mine->kind == NodeKind::kTable && node.kind == NodeKind::kTable) {
      Node below = node;
      for (const Alternatives& rule : alternatives()) {
        if (key == rule.table) {
          drop_alternatives(below, *mine, rule);
        }
      }
      inherit(*mine, below);
    }
  }
}

}  // namespace supervisor
