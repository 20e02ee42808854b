// Replaces ${NAME}, ${NAME:-default}, ${file:/path} and $$ in a value, once.
//
// A variable is looked up in the service's own `environment`, then in birl's environment. Unset is
// a kMissing problem, and so is a file that cannot be read; a default also stands for an empty
// variable. What came from a file marks the node as secret. A `$` before anything else stays.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/config/environment.h"
#include "supervisor/config/node.h"

namespace supervisor {

/// A variable of a service's `environment`.
struct ScopeVariable {
  std::string text;
  bool missing = false;  // its own value could not be made; that was told
  bool secret = false;
};
using Scope = std::map<std::string, ScopeVariable>;

class Expander {
 public:
  Expander(const Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  /// The service's variables; borrowed until the next call.
  void set_scope(const Scope* scope) { scope_ = scope; }

  /// Expands the string `node` in place; one that was expanded already, or has something missing,
  /// is left alone.
  void expand(Node& node);

 private:
  using Piece = ScopeVariable;
  [[nodiscard]] Piece expand_reference(std::string_view reference, const Origin& origin);
  [[nodiscard]] Piece expand_file(std::string_view path, const Origin& origin);
  [[nodiscard]] Piece expand_variable(std::string_view reference, const Origin& origin);
  [[nodiscard]] std::optional<Piece> find_variable(std::string_view name) const;

  const Environment& environment_;
  const Scope* scope_ = nullptr;
  Problems& problems_;
};

/// True when `text` has something to expand.
[[nodiscard]] bool has_reference(std::string_view text);

}  // namespace supervisor
