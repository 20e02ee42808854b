// A regular expression that is only asked whether it matches somewhere, or replaced.
//
// RE2 behind a wall: linear time on any text, errors as values. Threads: const after make().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logging/arena.h"

namespace logging {

class Regex {
 public:
  [[nodiscard]] static base::Result<Regex> make(const std::string& pattern);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  [[nodiscard]] bool matches(std::string_view text) const;

  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// The leftmost match that is not empty and begins at `from` or behind it; false: none.
  [[nodiscard]] bool find(std::string_view text, std::size_t from, Span& span) const;

 private:
  struct Engine;
  explicit Regex(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace logging
