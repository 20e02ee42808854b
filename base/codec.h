// Binary encoding of plain structs for the configuration memfd, handoff messages and (later) the
// live upgrade.
//
// A struct names its members once, in `template <class V> void visit(V& v)`, each as
// `v.field("name", member, "one-line comment")`; the encoder, the decoder, the TOML reader and the
// option reference all walk that one list, so they cannot drift. Encoding: a struct is
// u32 bytes, then for every member u32 FNV-1a(name), u32 bytes, content. A decoder skips members it
// does not know and keeps the default of those that are missing, so two builds can talk.
// Little-endian. Decoding never reads outside its input and never throws.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace base {

[[nodiscard]] constexpr std::uint32_t field_hash(std::string_view name) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  }
  return hash;
}

template <typename T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || requires {
  typename T::ScalarUnit;
};  // the unit types of units.h

template <typename T, typename V>
concept Visitable = requires(T& object, V& visitor) {
  object.visit(visitor);
};

class Encoder {
 public:
  template <typename T>
  [[nodiscard]] static std::vector<std::byte> encode(T object) {
    Encoder encoder;
    encoder.put(object);
    return std::move(encoder.bytes_);
  }

  template <typename T>
  void field(std::string_view name, T& member, std::string_view = {}) {
    put(field_hash(name));
    put_sized([&] { put(member); });
  }

 private:
  template <typename F>
  void put_sized(F content) {
    const std::size_t at = bytes_.size();
    put(std::uint32_t{0});
    content();
    const auto length = static_cast<std::uint32_t>(bytes_.size() - at - sizeof(std::uint32_t));
    std::memcpy(bytes_.data() + at, &length, sizeof(length));
  }
  template <Scalar T>
  void put(const T& value) {
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof(value));
  }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    const auto* raw = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), raw, raw + text.size());
  }
  template <typename T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) {
      T copy = *value;
      put(copy);
    }
  }
  template <typename T>
  void put(const std::vector<T>& items) {
    put(static_cast<std::uint32_t>(items.size()));
    for (T item : items) {
      put(item);
    }
  }
  template <typename K, typename T>
  void put(const std::map<K, T>& items) {
    put(static_cast<std::uint32_t>(items.size()));
    for (auto [key, item] : items) {
      put(key);
      put(item);
    }
  }
  template <typename T>
  requires Visitable<T, Encoder>
  void put(T& object) {
    put_sized([&] { object.visit(*this); });
  }

  std::vector<std::byte> bytes_;
};

class Decoder {
 public:
  /// kDamaged when `bytes` is not one whole encoded T.
  template <typename T>
  [[nodiscard]] static Result<T> decode(std::span<const std::byte> bytes) {
    Decoder decoder(bytes);
    T object{};
    decoder.get(object);
    if (decoder.failed_ || !decoder.rest_.empty()) {
      return fail(ErrorCode::kDamaged, "cannot decode a message: it is damaged");
    }
    return object;
  }

  template <typename T>
  void field(std::string_view name, T& member, std::string_view = {}) {
    // Members come in the encoder's order; a reader of another build searches the whole struct.
    Decoder scan(struct_);
    while (!scan.failed_ && !scan.rest_.empty()) {
      std::uint32_t hash = 0;
      scan.get(hash);
      Decoder content(scan.take_sized());
      if (!scan.failed_ && hash == field_hash(name)) {
        content.get(member);
        failed_ = failed_ || content.failed_;
        return;
      }
    }
    failed_ = failed_ || scan.failed_;
  }

 private:
  explicit Decoder(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::span<const std::byte> take(std::size_t count) {
    if (count > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::span<const std::byte> take_sized() {
    std::uint32_t length = 0;
    get(length);
    return take(length);
  }
  template <Scalar T>
  void get(T& value) {
    const auto raw = take(sizeof(T));
    if (raw.size() != sizeof(T)) {
      return;
    }
    if constexpr (std::is_same_v<T, bool>) {
      value = raw[0] != std::byte{0};
    } else {
      std::memcpy(&value, raw.data(), sizeof(T));
    }
  }
  void get(std::string& text) {
    const auto raw = take_sized();
    text.assign(reinterpret_cast<const char*>(raw.data()), raw.size());
  }
  template <typename T>
  void get(std::optional<T>& value) {
    bool present = false;
    get(present);
    value.reset();
    if (present) {
      get(value.emplace());
    }
  }
  template <typename T>
  void get(std::vector<T>& items) {
    std::uint32_t count = 0;
    get(count);
    items.clear();
    for (std::uint32_t index = 0; index < count && !failed_; ++index) {
      T item{};
      get(item);
      items.push_back(std::move(item));
    }
  }
  template <typename K, typename T>
  void get(std::map<K, T>& items) {
    std::uint32_t count = 0;
    get(count);
    items.clear();
    for (std::uint32_t index = 0; index < count && !failed_; ++index) {
      K key{};
      get(key);
      get(items[std::move(key)]);
    }
  }
  template <typename T>
  requires Visitable<T, Decoder>
  void get(T& object) {
    Decoder inner(take_sized());
    inner.struct_ = inner.rest_;
    object.visit(inner);
    failed_ = failed_ || inner.failed_;
  }

  std::span<const std::byte> rest_;
  std::span<const std::byte> struct_;
  bool failed_ = false;
};

}  // namespace base
