// As much of MessagePack as Fluentd's forward protocol needs: writing, and reading what a receiver
// says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shippers::msgpack {

struct Limits {
  static constexpr int kDepth = 4;
  static constexpr std::uint32_t kItems = 64;  // of an array or a map
};

void append_array(std::string& out, std::uint32_t items);
void append_map(std::string& out, std::uint32_t pairs);
void append_text(std::string& out, std::string_view text);
void append_binary(std::string& out, std::string_view bytes);
void append_integer(std::string& out, std::int64_t number);
void append_number(std::string& out, double number);
void append_boolean(std::string& out, bool truth);
void append_nil(std::string& out);
/// Forward's EventTime: ext type 0, seconds and nanoseconds.
void append_event_time(std::string& out, std::uint64_t time_ns);
/// A JSON value, objects and arrays too. What is no JSON is written as a text.
void append_json(std::string& out, std::string_view json);

/// What was read. Numbers and extensions are kOther: nobody asks for them.
struct Value {
  enum class Kind : std::uint8_t { kNil, kBoolean, kText, kArray, kMap, kOther };

  Kind kind = Kind::kNil;
  bool truth = false;
  std::string text;          // of kText: a string or binary
  std::vector<Value> items;  // of kArray; of kMap keys and values in turn

  /// Of a map; null: it is none, or has no such key.
  [[nodiscard]] const Value* find(std::string_view key) const;
  /// The text of an array's item; empty: there is none.
  [[nodiscard]] std::string_view text_at(std::size_t index) const;
};

enum class Failure : std::uint8_t { kIncomplete, kInvalid };

/// The first value of `bytes`, and how many bytes it has.
struct Read {
  std::optional<std::pair<Value, std::size_t>> value;
  Failure failure = Failure::kIncomplete;  // without a value: more bytes may help, or never
};
[[nodiscard]] Read read_value(std::string_view bytes);

}  // namespace shippers::msgpack
