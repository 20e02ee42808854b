// The visitor behind the option reference: lists a struct's members with type, default and comment.
//
// Sub-tables become dotted keys; of a list of tables, `KEY[].`, its keys follow. Values are written
// as TOML.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/json_writer.h"
#include "base/secret.h"
#include "base/text.h"
#include "supervisor/config/config.h"
#include "supervisor/config/option_docs.h"
#include "supervisor/config/option_words.h"

namespace supervisor {

/// What an optional or a list holds, and how its keys are written.
template <typename T>
struct Inner {
  using Type = T;
  static constexpr std::string_view kBehind = ".";
  static constexpr bool kIsList = false;
};
template <typename T>
struct Inner<std::optional<T>> : Inner<T> {};
template <typename T>
struct Inner<std::vector<T>> {
  using Type = T;
  static constexpr std::string_view kBehind = "[].";
  static constexpr bool kIsList = true;
};

class OptionLister {
 public:
  template <typename T>
  void field(std::string_view name, T& member, std::string_view comment = {}) {
    const std::string key = prefix_ + std::string(name);
    using Table = typename Inner<T>::Type;
    if constexpr (kIsTable<T>) {
      list_table(key + ".", member);
    } else {
      if constexpr (!kIsTable<Table> || Inner<T>::kIsList) {
        options_.push_back({key, type_of(member), value_of(member), std::string(comment)});
        add_word(find_option_word(name));
      }
      if constexpr (kIsTable<Table>) {
        Table table;
        list_table(key + std::string(Inner<T>::kBehind), table);
      }
    }
  }

  /// A table that may be switched off is listed as what it is when it is on.
  template <typename T>
  requires base::Visitable<T, OptionLister>
  void field(std::string_view name, std::optional<T>& member, std::string_view comment = {}) {
    T table = member.value_or(T{});
    field(name, table, comment);
  }

  [[nodiscard]] std::vector<OptionDoc> take() { return std::move(options_); }

 private:
  /// Has keys of its own, and is not written as one value.
  template <typename T>
  static constexpr bool kIsTable =
      base::Visitable<T, OptionLister> && !std::is_same_v<T, Command> &&
      !std::is_same_v<T, TcpTarget> && !std::is_same_v<T, base::TimeZone> &&
      !std::is_same_v<T, base::Secret> && !std::is_base_of_v<base::OneOrSeveral, T>;
  void add_word(std::string_view word) {
    if (word.empty()) {
      return;
    }
    OptionDoc& option = options_.back();
    option.type += fmt::format(" or \"{}\"", word);
    if (option.default_value.empty()) {
      option.default_value = quote(word);
    }
  }
  template <typename T>
  void list_table(std::string prefix, T& table) {
    const std::string outer = std::exchange(prefix_, std::move(prefix));
    table.visit(*this);
    prefix_ = outer;
  }

  static std::string quote(std::string_view text) {
    std::string quoted;
    base::append_json_string(quoted, text);
    return quoted;
  }

  static std::string type_of(const std::string&) { return "string"; }
  static std::string type_of(const base::Secret&) { return "secret string"; }
  static std::string type_of(bool) { return "boolean"; }
  static std::string type_of(double) { return "number"; }
  static std::string type_of(std::integral auto) { return "integer"; }
  static std::string type_of(const base::Duration&) { return "duration"; }
  static std::string type_of(const base::ByteCount&) { return "size"; }
  static std::string type_of(const base::FileMode&) { return "mode"; }
  static std::string type_of(const ScalarText&) { return "string, number or boolean"; }
  static std::string type_of(const base::OneOrSeveral&) { return "string, or array of strings"; }
  static std::string type_of(const ResourceLimit&) { return "size or \"unlimited\""; }
  template <typename T>
  requires kIsTable<T>
  static std::string type_of(T) { return "table"; }
  static std::string type_of(const base::TimeZone&) { return "string"; }
  static std::string type_of(const TcpTarget&) { return "port, or string"; }
  static std::string type_of(const Command&) { return "array of strings, or string"; }
  template <typename T>
  requires std::is_enum_v<T>
  static std::string type_of(T value) {
    std::vector<std::string> words;
    for (const std::string_view name : enum_names(value)) {
      words.push_back(quote(name));
    }
    return fmt::format("{}", fmt::join(words, " or "));
  }
  template <typename T>
  static std::string type_of(const std::optional<T>&) {
    return type_of(T{});
  }
  template <typename T>
  static std::string type_of(const std::vector<T>&) {
    return fmt::format("array of {}s", type_of(T{}));
  }
  template <typename T>
  static std::string type_of(const std::map<std::string, T>&) {
    return fmt::format("table of {}s", type_of(T{}));
  }

  static std::string value_of(const std::string& text) { return quote(text); }
  static std::string value_of(const base::Secret& secret) { return quote(secret.text); }
  static std::string value_of(bool truth) { return truth ? "true" : "false"; }
  static std::string value_of(double number) { return fmt::format("{:g}", number); }
  static std::string value_of(std::integral auto number) { return fmt::format("{}", number); }
  static std::string value_of(base::Duration duration) {
    return quote(base::format_duration(duration.ns));
  }
  static std::string value_of(base::ByteCount size) {
    return quote(base::format_bytes(size.bytes));
  }
  static std::string value_of(base::FileMode mode) {
    return quote(fmt::format("{:04o}", mode.bits));
  }
  static std::string value_of(const ScalarText& scalar) { return quote(scalar.text); }
  static std::string value_of(const base::OneOrSeveral& several) {
    if (several.is_list) {
      return value_of(several.items);
    }
    return several.empty() ? "" : quote(several.items.front());
  }
  static std::string value_of(const ResourceLimit& limit) {
    return limit.value == ResourceLimit::kUnlimited ? quote(ResourceLimit::kUnlimitedWord)
                                                    : fmt::format("{}", limit.value);
  }
  /// As an inline table.
  template <typename T>
  requires kIsTable<T>
  static std::string value_of(T table) {
    OptionLister inner;
    table.visit(inner);
    std::string shown;
    for (const OptionDoc& option : inner.take()) {
      if (!option.default_value.empty()) {
        shown +=
            fmt::format("{}{} = {}", shown.empty() ? "" : ", ", option.key, option.default_value);
      }
    }
    return fmt::format("{{ {} }}", shown);
  }
  static std::string value_of(const base::TimeZone& zone) {
    return zone.name.empty() ? "" : quote(zone.name);
  }
  static std::string value_of(const TcpTarget& target) {
    return target.empty() ? "" : quote(target.text);
  }
  static std::string value_of(const Command& command) {
    if (command.empty()) {
      return "";
    }
    return command.shell ? quote(command.argv.front()) : value_of(command.argv);
  }
  template <typename T>
  requires std::is_enum_v<T>
  static std::string value_of(T value) {
    return quote(enum_names(value)[static_cast<std::size_t>(value)]);
  }
  template <typename T>
  static std::string value_of(const std::optional<T>& value) {
    return value ? value_of(*value) : "";
  }
  template <typename T>
  static std::string value_of(const std::vector<T>& items) {
    std::vector<std::string> shown;
    for (const T& item : items) {
      shown.push_back(value_of(item));
    }
    return fmt::format("[{}]", fmt::join(shown, ", "));
  }
  template <typename T>
  static std::string value_of(const std::map<std::string, T>& items) {
    std::vector<std::string> shown;
    for (const auto& [key, item] : items) {
      shown.push_back(fmt::format("{} = {}", quote(key), value_of(item)));
    }
    return fmt::format("{{{}}}", fmt::join(shown, ", "));
  }

  std::string prefix_;
  std::vector<OptionDoc> options_;
};

}  // namespace supervisor
