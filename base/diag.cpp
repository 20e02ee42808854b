#include "base/diag.h"

#include <algorithm>
#include <climits>
#include <string>

#include "base/fd.h"

namespace base {

std::string_view diag_level_name(DiagLevel level) {
  switch (level) {
    case DiagLevel::kDebug:
      return "debug";
    case DiagLevel::kInfo:
      return "info";
    case DiagLevel::kWarn:
      return "warn";
    case DiagLevel::kError:
      return "error";
  }
  return "error";
}

void Diag::write_line(DiagLevel level, std::string_view message) {
  const std::uint64_t missing =
      dropped_.load(std::memory_order_relaxed) - dropped_told_.load(std::memory_order_relaxed);
  std::string line = fmt::format("{}{}: {}", prefix_, diag_level_name(level), message);
  if (missing > 0) {
    line += fmt::format(" ({} messages before this one were dropped)", missing);
  }
  std::ranges::replace(line, '\n', ' ');
  if (line.size() >= PIPE_BUF) {
    line.resize(PIPE_BUF - 1);
  }
  line += '\n';
  const ssize_t written = write_at_once(fd_.load(std::memory_order_relaxed), line);
  if (written != static_cast<ssize_t>(line.size())) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  } else {
    dropped_told_.fetch_add(missing, std::memory_order_relaxed);
  }
}

}  // namespace base
