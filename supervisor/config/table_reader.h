// Fills a struct of config.h from a TOML table by walking its visit list.
//
// A key that the list does not have, a value of the wrong type or out of its type's range is told
// with its place and the nearest valid name; the member keeps its default and reading goes on.
// Strings are expanded here (expand.h), because only the member's type says what may be expanded.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "base/secret.h"
#include "supervisor/config/config.h"
#include "supervisor/config/expand.h"
#include "supervisor/config/node.h"
#include "supervisor/config/option_words.h"
#include "supervisor/config/places.h"

namespace supervisor {

/// A key's path: the table that a file has ("service.web") and the key inside it.
struct KeyPath {
  std::string table;
  std::string inner;
  bool inherited = false;

  [[nodiscard]] KeyPath child(std::string_view key, bool is_inherited) const {
    return {table, join_key(inner, key), is_inherited};
  }
  [[nodiscard]] KeyPath item(std::size_t index) const {
    return {table, inner + "[" + std::to_string(index) + "]", inherited};
  }
  [[nodiscard]] std::string real() const {
    const bool joined = inner.empty() || inner.front() == '[';  // a table, or an item of an array
    return joined ? table + inner : table + "." + inner;
  }
  [[nodiscard]] std::string shown() const { return inherited ? "defaults." + inner : real(); }
};

/// Reads single values. Each read_... returns nothing when the value is wrong (told) or missing.
class ValueReader {
 public:
  ValueReader(Expander& expander, Places& places, Problems& problems)
      : expander_(expander), places_(places), problems_(problems) {}

  /// Records the place of `node` and fills `member`; false: the member was left alone.
  template <typename T>
  bool read(Node& node, const KeyPath& path, T& member) {
    const bool readable = fill(node, path, member);
    places_.add(path.real(), {node.origin, node.key_origin, path.shown(), node.secret, !readable});
    return readable;
  }

  [[nodiscard]] Problems& problems() { return problems_; }
  [[nodiscard]] Expander& expander() { return expander_; }

  [[nodiscard]] std::optional<std::string> read_string(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<bool> read_boolean(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<double> read_number(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<std::int64_t> read_integer(Node& node, const KeyPath& path,
                                                         std::int64_t least, std::int64_t most);
  [[nodiscard]] std::optional<std::size_t> read_choice(Node& node, const KeyPath& path,
                                                       const std::vector<std::string>& choices);
  [[nodiscard]] std::optional<base::Duration> read_duration(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<base::ByteCount> read_bytes(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<ResourceLimit> read_limit(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<base::FileMode> read_mode(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<std::string> read_scalar_text(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<Command> read_command(Node& node, const KeyPath& path);
  [[nodiscard]] std::optional<TcpTarget> read_tcp_target(Node& node, const KeyPath& path);
  /// False, and told, when `node` is something else.
  [[nodiscard]] bool expect(const Node& node, NodeKind kind, const KeyPath& path,
                            std::string_view wanted);
  /// True when `node` is the word that stands for the zero value of this key.
  [[nodiscard]] bool is_word(Node& node, const KeyPath& path);

 private:
  template <typename T>
  static bool set(T& member, std::optional<T> value) {
    if (value) {
      member = *std::move(value);
    }
    return value.has_value();
  }
  bool fill(Node& node, const KeyPath& path, std::string& member) {
    return set(member, read_string(node, path));
  }
  bool fill(Node& node, const KeyPath& path, base::Secret& member) {
    node.secret = true;
    return set(member.text, read_string(node, path));
  }
  bool fill(Node& node, const KeyPath& path, bool& member) {
    return set(member, read_boolean(node, path));
  }
  bool fill(Node& node, const KeyPath& path, double& member) {
    return set(member, read_number(node, path));
  }
  bool fill(Node& node, const KeyPath& path, base::Duration& member) {
    if (is_word(node, path)) {
      member = {};
      return true;
    }
    return set(member, read_duration(node, path));
  }
  bool fill(Node& node, const KeyPath& path, base::ByteCount& member) {
    return set(member, read_bytes(node, path));
  }
  bool fill(Node& node, const KeyPath& path, ResourceLimit& member) {
    return set(member, read_limit(node, path));
  }
  bool fill(Node& node, const KeyPath& path, base::FileMode& member) {
    return set(member, read_mode(node, path));
  }
  bool fill(Node& node, const KeyPath& path, ScalarText& member) {
    return set(member.text, read_scalar_text(node, path));
  }
  bool fill(Node& node, const KeyPath& path, base::OneOrSeveral& member) {
    return fill_one_or_several(node, path, member);
  }
  bool fill(Node& node, const KeyPath& path, base::Regexes& member) {
    node.expanded = true;
    for (Node& item : node.items) {
      item.expanded = true;
    }
    return fill_one_or_several(node, path, member);
  }
  bool fill(Node& node, const KeyPath& path, TcpTarget& member) {
    return set(member, read_tcp_target(node, path));
  }
  bool fill(Node& node, const KeyPath& path, base::TimeZone& member) {
    return set(member.name, read_string(node, path));
  }
  bool fill(Node& node, const KeyPath& path, Command& member) {
    return set(member, read_command(node, path));
  }
  template <std::integral T>
  bool fill(Node& node, const KeyPath& path, T& member) {
    const auto value =
        read_integer(node, path, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    member = value ? static_cast<T>(*value) : member;
    return value.has_value();
  }
  template <typename T>
  requires std::is_enum_v<T>
  bool fill(Node& node, const KeyPath& path, T& member) {
    const auto names = enum_names(T{});
    const auto index = read_choice(node, path, {names.begin(), names.end()});
    member = index ? static_cast<T>(*index) : member;
    return index.has_value();
  }
  template <typename T>
  bool fill(Node& node, const KeyPath& path, std::optional<T>& member) {
    if (is_word(node, path)) {
      member.reset();
      return true;
    }
    T value{};
    const bool readable = fill(node, path, value);
    member = readable ? std::optional<T>(std::move(value)) : member;
    return readable;
  }
  template <typename T>
  bool fill(Node& node, const KeyPath& path, std::vector<T>& member) {
    if (node.kind == NodeKind::kString && path.inner == kOneOrSeveral) {
      member.resize(1);
      return fill(node, path, member.front());
    }
    if (!expect(node, NodeKind::kArray, path, "an array")) {
      return false;
    }
    std::vector<T> items(node.items.size());
    bool readable = true;
    for (std::size_t index = 0; index < items.size(); ++index) {
      readable = read(node.items[index], path.item(index), items[index]) && readable;
    }
    member = readable ? std::move(items) : member;
    return readable;
  }
  template <typename T>
  bool fill(Node& node, const KeyPath& path, std::map<std::string, T>& member) {
    if (!expect(node, NodeKind::kTable, path, "a table")) {
      return false;
    }
    member.clear();
    for (auto& [key, child] : node.entries) {
      T value{};
      if (read(child, path.child(key, child.inherited), value)) {
        member.insert_or_assign(key, std::move(value));
      }
    }
    return true;
  }
  template <typename T>
  requires base::Visitable<T, base::Encoder>
  bool fill(Node& node, const KeyPath& path, T& member);

  bool fill_one_or_several(Node& node, const KeyPath& path, base::OneOrSeveral& member);
  void wrong_type(const Node& node, const KeyPath& path, std::string_view wanted);
  /// Expands a string; false when it cannot be judged since something in it is missing (told).
  bool resolve(Node& node);

  Expander& expander_;
  Places& places_;
  Problems& problems_;
};

/// The visitor for one table. Call finish() when all members were visited.
class TableReader {
 public:
  TableReader(Node& table, KeyPath path, ValueReader& values)
      : table_(table), path_(std::move(path)), values_(values) {}

  template <typename T>
  void field(std::string_view name, T& member, std::string_view = {}) {
    known_.emplace_back(name);
    if (Node* node = table_.find(name)) {
      values_.read(*node, path_.child(name, node->inherited), member);
    }
  }

  /// A key that would be known elsewhere, and what to say of it.
  void add_misplaced(std::string key, std::string hint) {
    misplaced_.insert_or_assign(std::move(key), std::move(hint));
  }

  /// Tells the keys that nobody asked for.
  void finish();

 private:
  [[nodiscard]] std::string describe_unknown(const std::string& key, const Node& node) const;

  Node& table_;
  KeyPath path_;
  ValueReader& values_;
  std::vector<std::string> known_;
  std::map<std::string, std::string> misplaced_;
};

template <typename T>
requires base::Visitable<T, base::Encoder>
bool ValueReader::fill(Node& node, const KeyPath& path, T& member) {
  if constexpr (requires { T::kShorthand; }) {
    if (node.kind != NodeKind::kTable) {
      Node table = make_table(node.origin);
      table.entries.emplace(T::kShorthand, node);
      node = std::move(table);
    }
  }
  if (!expect(node, NodeKind::kTable, path, "a table")) {
    return false;
  }
  TableReader reader(node, path, *this);
  member.visit(reader);
  reader.finish();
  return true;
}

}  // namespace supervisor
