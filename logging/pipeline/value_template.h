// A text with {service}, {stream}, {instance} and {host} in it: base/text_template.h.
//
// Const after make().
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text_template.h"
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
  std::vector<base::TemplatePart> parts_;
};

}  // namespace logging
