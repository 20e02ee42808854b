#include "logging/parse/json_fields.h"

#include <simdjson.h>

#include <cstring>
#include <string>

#include "logging/parse/json_token.h"

namespace logging {

namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;

#define TRY_JSON(expression)                   \
  do {                                         \
    const error_code try_error = (expression); \
    if (try_error != SUCCESS) {                \
      return try_error;                        \
    }                                          \
  } while (false)

std::string_view trim_end(std::string_view token) {
  std::size_t end = token.size();
  while (end > 0 && is_json_blank(token[end - 1])) {
    --end;
  }
  return token.substr(0, end);
}

/// The text of a scalar's token is exactly one literal or number.
error_code check_scalar(std::string_view token) {
  const bool valid =
      token == "true" || token == "false" || token == "null" || is_json_number(token);
  return valid ? SUCCESS : simdjson::NUMBER_ERROR;
}

error_code check_nested(ondemand::value value, std::size_t depth);

error_code check_object(ondemand::object object, std::size_t depth) {
  for (auto entry : object) {
    ondemand::field field;
    TRY_JSON(std::move(entry).get(field));
    std::string_view key;
    TRY_JSON(field.unescaped_key().get(key));
    TRY_JSON(check_nested(field.value(), depth));
  }
  return SUCCESS;
}

error_code check_array(ondemand::array array, std::size_t depth) {
  for (auto item : array) {
    ondemand::value value;
    TRY_JSON(std::move(item).get(value));
    TRY_JSON(check_nested(value, depth));
  }
  return SUCCESS;
}

/// Walks a value to its leaves: On-Demand itself checks only what is read.
error_code check_nested(ondemand::value value, std::size_t depth) {
  if (depth == 0) {
    return simdjson::DEPTH_ERROR;
  }
  ondemand::json_type type;
  TRY_JSON(value.type().get(type));
  switch (type) {
    case ondemand::json_type::object: {
      ondemand::object object;
      TRY_JSON(value.get_object().get(object));
      return check_object(object, depth - 1);
    }
    case ondemand::json_type::array: {
      ondemand::array array;
      TRY_JSON(value.get_array().get(array));
      return check_array(array, depth - 1);
    }
    case ondemand::json_type::string: {
      std::string_view text;
      return value.get_string().get(text);
    }
    case ondemand::json_type::number:
    case ondemand::json_type::boolean:
    case ondemand::json_type::null:
      return check_scalar(trim_end(value.raw_json_token()));
  }
  return simdjson::TAPE_ERROR;
}

std::string_view problem_of(error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "json: it is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "json: it is nested too deep";
    case simdjson::UNCLOSED_STRING:
      return "json: a string has no end";
    case simdjson::UNESCAPED_CHARS:
      return "json: a string holds a control character";
    case simdjson::STRING_ERROR:
      return "json: a string has a wrong escape";
    case simdjson::INCORRECT_TYPE:
      return "json: it is no object";
    case simdjson::EMPTY:
      return "json: it is empty";
    case simdjson::CAPACITY:
      return "json: it is too long";
    case simdjson::INDEX_OUT_OF_BOUNDS:
      return "json: it has too many fields";
    default:
      return "json: it is malformed";
  }
}

}  // namespace

struct JsonParser::Engine {
  ondemand::parser parser{JsonLimits::kBytes};

  [[nodiscard]] error_code read_key(ondemand::field& field, Arena& arena, std::string_view& name,
                                    bool& plain) {
    const char* raw = field.key().raw();
    const std::size_t bytes = std::strcspn(raw, "\"\\");
    plain = raw[bytes] == '"';
    if (plain) {
      name = {raw, bytes};
      return SUCCESS;
    }
    TRY_JSON(field.unescaped_key().get(name));
    name = arena.copy(name);
    return SUCCESS;
  }

  [[nodiscard]] error_code read_string(ondemand::value& value, std::string_view token, Arena& arena,
                                       Value& out) {
    const std::string_view inner = token.substr(1, token.size() - 2);
    if (inner.find('\\') == std::string_view::npos) {
      out = {inner, ValueKind::kPlain};
      ondemand::raw_json_string consumed;
      return value.get_raw_json_string().get(consumed);
    }
    std::string_view text;
    TRY_JSON(value.get_string().get(text));
    out = {arena.copy(text), ValueKind::kText};
    return SUCCESS;
  }

  /// `begin` of a nested value to the last byte that belongs to it, looking back from what follows.
  [[nodiscard]] error_code read_nested(ondemand::document& document, ondemand::value& value,
                                       const char* begin, Value& out) {
    TRY_JSON(check_nested(value, JsonLimits::kDepth));
    const char* next = nullptr;
    TRY_JSON(document.current_location().get(next));
    out = {trim_end({begin, static_cast<std::size_t>(next - begin)}), ValueKind::kJson};
    return SUCCESS;
  }

  [[nodiscard]] error_code read_value(ondemand::document& document, ondemand::value& value,
                                      Arena& arena, Value& out) {
    const std::string_view token = trim_end(value.raw_json_token());
    if (token.empty()) {
      return simdjson::TAPE_ERROR;
    }
    switch (token.front()) {
      case '"':
        if (token.size() < 2 || token.back() != '"') {
          return simdjson::TAPE_ERROR;
        }
        return read_string(value, token, arena, out);
      case '{':
      case '[':
        return read_nested(document, value, token.data(), out);
      default:
        out = {token, ValueKind::kJson};
        return check_scalar(token);
    }
  }

  [[nodiscard]] error_code read_object(ondemand::document& document, Arena& arena,
                                       FieldList& fields) {
    ondemand::object object;
    TRY_JSON(document.get_object().get(object));
    for (auto entry : object) {
      ondemand::field field;
      TRY_JSON(std::move(entry).get(field));
      std::string_view name;
      bool plain = false;
      Value value;
      TRY_JSON(read_key(field, arena, name, plain));
      TRY_JSON(read_value(document, field.value(), arena, value));
      if (!fields.set(name, value, plain)) {
        return simdjson::INDEX_OUT_OF_BOUNDS;
      }
    }
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return at_end ? SUCCESS : simdjson::TRAILING_CONTENT;
  }
};

JsonParser::JsonParser() : engine_(std::make_unique<Engine>()) {}
JsonParser::~JsonParser() = default;
JsonParser::JsonParser(JsonParser&&) noexcept = default;
JsonParser& JsonParser::operator=(JsonParser&&) noexcept = default;

ParseProblem JsonParser::parse(std::string_view text, Arena& arena, FieldList& fields) {
  fields.clear();
  char* padded = arena.take(text.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded, text.data(), text.size());
  std::memset(padded + text.size(), 0, simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  error_code error = engine_->parser
                         .iterate(simdjson::padded_string_view(
                             padded, text.size(), text.size() + simdjson::SIMDJSON_PADDING))
                         .get(document);
  if (error == SUCCESS) {
    error = engine_->read_object(document, arena, fields);
  }
  return error == SUCCESS ? ParseProblem{} : problem_of(error);
}

}  // namespace logging
