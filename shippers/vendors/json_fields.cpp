#include "shippers/vendors/json_fields.h"

#include "base/json_writer.h"

namespace shippers {

bool has_field(const Line& line, std::string_view name) {
  return line.fields != nullptr && line.fields->find(name) != nullptr;
}

void append_json_fields(const Line& line, std::string& out) {
  if (line.fields == nullptr) {
    return;
  }
  for (const logging::Field& field : *line.fields) {
    out += ',';
    base::append_json_string(out, field.name);
    out += ':';
    if (field.value.kind == logging::ValueKind::kJson) {
      out += field.value.text;
    } else {
      base::append_json_string(out, field.value.text);
    }
  }
}

}  // namespace shippers
