// Configuration values that may be written as one string or as an array of them.
#pragma once

#include <string>
#include <vector>

namespace base {

struct OneOrSeveral {
  std::vector<std::string> items;
  bool is_list = false;

  [[nodiscard]] bool empty() const { return items.empty(); }
  template <typename V>
  void visit(V& v) {
    v.field("items", items);
    v.field("is_list", is_list);
  }
  friend bool operator==(const OneOrSeveral&, const OneOrSeveral&) = default;
};

/// The same for regular expressions: `${` in them is theirs.
struct Regexes : OneOrSeveral {
  friend bool operator==(const Regexes&, const Regexes&) = default;
};

}  // namespace base
