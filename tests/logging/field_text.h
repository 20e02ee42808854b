// Fields as one line, for comparing a whole parse with a literal: `a="text" b=json:1.5`.
#pragma once

#include <string>

#include "base/json_writer.h"
#include "logging/record.h"

namespace logging {

inline std::string field_text(const FieldList& fields) {
  std::string out;
  for (const Field& field : fields) {
    out += (out.empty() ? "" : " ") + std::string(field.name) + "=";
    if (field.value.kind == ValueKind::kJson) {
      out += "json:" + std::string(field.value.text);
    } else {
      base::append_json_string(out, field.value.text);
    }
  }
  return out;
}

}  // namespace logging
