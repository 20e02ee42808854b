// Writes JSON text (RFC 8259) into a string. Commas and quotes are its business; nesting is
// checked.
//
// Strings must be text: bytes that are not UTF-8 become U+FFFD, controls are escaped. NaN and
// infinities are written as null.
// Threads: one owner.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(double number);
  JsonWriter& value(std::integral auto number) {
    if constexpr (std::signed_integral<decltype(number)>) {
      return signed_value(number);
    } else {
      return unsigned_value(number);
    }
  }
  JsonWriter& null();

  /// Another writer's finished text, as one value.
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& field(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

  /// The text so far; complete when every begin has its end.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void separate();
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& signed_value(std::int64_t number);
  JsonWriter& unsigned_value(std::uint64_t number);

  std::string text_;
  std::size_t depth_ = 0;
  bool needs_comma_ = false;
};

/// Appends `text` to `out` as a quoted JSON string.
void append_json_string(std::string& out, std::string_view text);

}  // namespace base
