#include "shippers/forward/msgpack.h"

#include <simdjson.h>

#include <bit>
#include <memory>

#include "shippers/big_endian.h"

namespace shippers::msgpack {

namespace {

constexpr std::uint32_t kShort = 16;  // items that have a type of one byte

void append_sized(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(number >> static_cast<unsigned>(shift) & 0xFFU);
  }
}

/// A length behind the type of the smallest of three sizes; type8 0: there is none of one byte.
void append_head(std::string& out, std::size_t size, int type8, int type16, int type32) {
  if (type8 != 0 && size <= 0xFF) {
    out += static_cast<char>(type8);
    append_sized(out, size, 1);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(type16);
    append_sized(out, size, 2);
  } else {
    out += static_cast<char>(type32);
    append_sized(out, size, 4);
  }
}

void append_element(std::string& out, const simdjson::dom::element& element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY: {
      const simdjson::dom::array items = element;
      std::uint32_t count = 0;
      std::string inner;
      for (const auto item : items) {
        append_element(inner, item);
        ++count;
      }
      append_array(out, count);
      out += inner;
      return;
    }
    case simdjson::dom::element_type::OBJECT: {
      const simdjson::dom::object members = element;
      std::uint32_t count = 0;
      std::string inner;
      for (const auto& member : members) {
        append_text(inner, member.key);
        append_element(inner, member.value);
        ++count;
      }
      append_map(out, count);
      out += inner;
      return;
    }
    case simdjson::dom::element_type::INT64:
      return append_integer(out, std::int64_t{element});
    case simdjson::dom::element_type::UINT64:
      return append_number(out, static_cast<double>(std::uint64_t{element}));
    case simdjson::dom::element_type::DOUBLE:
      return append_number(out, double{element});
    case simdjson::dom::element_type::STRING:
      return append_text(out, std::string_view{element});
    case simdjson::dom::element_type::BOOL:
      return append_boolean(out, bool{element});
    case simdjson::dom::element_type::NULL_VALUE:
      return append_nil(out);
  }
}

/// Reads values off the front of bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::optional<Value> value(int depth);
  [[nodiscard]] std::size_t taken() const { return at_; }
  [[nodiscard]] Failure failure() const { return failure_; }

 private:
  [[nodiscard]] std::optional<std::uint32_t> number(std::size_t bytes);
  [[nodiscard]] std::optional<Value> text(std::optional<std::uint32_t> size);
  [[nodiscard]] std::optional<Value> skip(std::optional<std::uint32_t> size);
  [[nodiscard]] std::optional<Value> items(Value::Kind kind, std::optional<std::uint32_t> count,
                                           int depth);
  [[nodiscard]] std::optional<Value> of_type(unsigned type, int depth);

  std::string_view bytes_;
  std::size_t at_ = 0;
  Failure failure_ = Failure::kIncomplete;
};

std::optional<std::uint32_t> Reader::number(std::size_t bytes) {
  if (bytes_.size() - at_ < bytes) {
    return std::nullopt;
  }
  std::uint32_t found = 0;
  for (std::size_t index = 0; index < bytes; ++index) {
    found = found << 8U | static_cast<unsigned char>(bytes_[at_ + index]);
  }
  at_ += bytes;
  return found;
}

std::optional<Value> Reader::text(std::optional<std::uint32_t> size) {
  if (!size || bytes_.size() - at_ < *size) {
    return std::nullopt;
  }
  Value value{
      .kind = Value::Kind::kText, .text = std::string(bytes_.substr(at_, *size)), .items = {}};
  at_ += *size;
  return value;
}

std::optional<Value> Reader::skip(std::optional<std::uint32_t> size) {
  auto value = text(size);
  if (value) {
    *value = {.kind = Value::Kind::kOther, .text = {}, .items = {}};
  }
  return value;
}

std::optional<Value> Reader::items(Value::Kind kind, std::optional<std::uint32_t> count,
                                   int depth) {
  if (!count) {
    return std::nullopt;
  }
  if (*count > Limits::kItems || depth >= Limits::kDepth) {
    failure_ = Failure::kInvalid;
    return std::nullopt;
  }
  Value list{.kind = kind, .text = {}, .items = {}};
  const std::uint32_t values = kind == Value::Kind::kMap ? *count * 2 : *count;
  for (std::uint32_t index = 0; index < values; ++index) {
    auto item = value(depth + 1);
    if (!item) {
      return std::nullopt;
    }
    list.items.push_back(std::move(*item));
  }
  return list;
}

std::optional<Value> Reader::value(int depth) {
  const auto type = number(1);
  if (!type) {
    return std::nullopt;
  }
  if (*type < 0x80 || *type >= 0xE0) {
    return Value{.kind = Value::Kind::kOther, .text = {}, .items = {}};
  }
  if (*type < 0x90) {
    return items(Value::Kind::kMap, *type & 0x0FU, depth);
  }
  if (*type < 0xA0) {
    return items(Value::Kind::kArray, *type & 0x0FU, depth);
  }
  return *type < 0xC0 ? text(*type & 0x1FU) : of_type(*type, depth);
}

std::optional<Value> Reader::of_type(unsigned type, int depth) {
  switch (type) {
    case 0xC0:
      return Value{};
    case 0xC2:
    case 0xC3:
      return Value{.kind = Value::Kind::kBoolean, .truth = type == 0xC3, .text = {}, .items = {}};
    case 0xC4:
    case 0xD9:
      return text(number(1));
    case 0xC5:
    case 0xDA:
      return text(number(2));
    case 0xC6:
    case 0xDB:
      return text(number(4));
    case 0xCC:
    case 0xD0:
      return skip(1);
    case 0xCD:
    case 0xD1:
      return skip(2);
    case 0xCA:
    case 0xCE:
    case 0xD2:
      return skip(4);
    case 0xCB:
    case 0xCF:
    case 0xD3:
      return skip(8);
    case 0xD4:
    case 0xD5:
    case 0xD6:
    case 0xD7:
    case 0xD8:
      return skip(1U + (1U << (type - 0xD4U)));
    case 0xDC:
      return items(Value::Kind::kArray, number(2), depth);
    case 0xDD:
      return items(Value::Kind::kArray, number(4), depth);
    case 0xDE:
      return items(Value::Kind::kMap, number(2), depth);
    case 0xDF:
      return items(Value::Kind::kMap, number(4), depth);
    default:  // 0xC1 is no type; longer extensions nobody sends
      failure_ = Failure::kInvalid;
      return std::nullopt;
  }
}

}  // namespace

void append_array(std::string& out, std::uint32_t items) {
  if (items < kShort) {
    out += static_cast<char>(0x90U | items);
  } else {
    append_head(out, items, 0, 0xDC, 0xDD);
  }
}

void append_map(std::string& out, std::uint32_t pairs) {
  if (pairs < kShort) {
    out += static_cast<char>(0x80U | pairs);
  } else {
    append_head(out, pairs, 0, 0xDE, 0xDF);
  }
}

void append_text(std::string& out, std::string_view text) {
  constexpr std::size_t kFixed = 32;
  if (text.size() < kFixed) {
    out += static_cast<char>(0xA0U | text.size());
  } else {
    append_head(out, text.size(), 0xD9, 0xDA, 0xDB);
  }
  out += text;
}

void append_binary(std::string& out, std::string_view bytes) {
  append_head(out, bytes.size(), 0xC4, 0xC5, 0xC6);
  out += bytes;
}

void append_integer(std::string& out, std::int64_t number) {
  if (number >= 0 && number < 0x80) {
    out += static_cast<char>(number);
    return;
  }
  out += '\xD3';
  append_sized(out, static_cast<std::uint64_t>(number), 8);
}

void append_number(std::string& out, double number) {
  out += '\xCB';
  append_sized(out, std::bit_cast<std::uint64_t>(number), 8);
}

void append_boolean(std::string& out, bool truth) {
  out += truth ? '\xC3' : '\xC2';
}

void append_nil(std::string& out) {
  out += '\xC0';
}

void append_event_time(std::string& out, std::uint64_t time_ns) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  out += '\xD7';
  out += '\0';
  append_big_endian(out, static_cast<std::uint32_t>(time_ns / kNsPerSecond));
  append_big_endian(out, static_cast<std::uint32_t>(time_ns % kNsPerSecond));
}

void append_json(std::string& out, std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(simdjson::padded_string(json)).get(element) == simdjson::SUCCESS) {
    append_element(out, element);
  } else {
    append_text(out, json);
  }
}

const Value* Value::find(std::string_view key) const {
  for (std::size_t index = 0; kind == Kind::kMap && index + 1 < items.size(); index += 2) {
    if (items[index].text == key) {
      return &items[index + 1];
    }
  }
  return nullptr;
}

std::string_view Value::text_at(std::size_t index) const {
  return kind == Kind::kArray && index < items.size() ? std::string_view(items[index].text)
                                                      : std::string_view();
}

Read read_value(std::string_view bytes) {
  Reader reader(bytes);
  auto value = reader.value(0);
  if (!value) {
    return {.value = std::nullopt, .failure = reader.failure()};
  }
  return {.value = std::pair(std::move(*value), reader.taken())};
}

}  // namespace shippers::msgpack
