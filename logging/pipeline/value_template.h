// A text with {service}, {stream} and {host} in it; `{{` and `}}` are braces.
//
// Const after make().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logging/arena.h"
#include "logging/record.h"

namespace logging {

class ValueTemplate {
 public:
  /// `host` is put in at once. kInvalid: an unknown name, or a brace without its partner.
  [[nodiscard]] static base::Result<ValueTemplate> make(std::string_view text,
                                                        std::string_view host);

  /// A view of the template itself where nothing depends on the record.
  [[nodiscard]] std::string_view expand(const Record& record, Arena& arena) const;

 private:
  enum class Kind : std::uint8_t { kText, kService, kStream };
  struct Part {
    Kind kind = Kind::kText;
    std::string text;
  };
  void add_text(std::string_view text);

  std::vector<Part> parts_;
};

}  // namespace logging
