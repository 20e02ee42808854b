// A text that is never printed: tokens and passwords. Configuration readers mask where it came
// from.
#pragma once

#include <string>

namespace base {

struct Secret {
  std::string text;

  [[nodiscard]] bool empty() const { return text.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

  template <typename V>
  void visit(V& v) {
    v.field("text", text);
  }
};

}  // namespace base
