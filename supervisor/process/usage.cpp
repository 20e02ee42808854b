#include "supervisor/process/usage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/text.h"

namespace supervisor {

namespace {

// Fields of /proc/PID/stat behind the command's ")": proc(5) counts utime as 14, stime as 15 and
// rss as 24, and the state behind the parenthesis is 3.
constexpr std::size_t kUserTime = 14 - 3;
constexpr std::size_t kSystemTime = 15 - 3;
constexpr std::size_t kResidentPages = 24 - 3;

std::uint64_t number_at(const std::vector<std::string_view>& fields, std::size_t index) {
  return base::parse_decimal(fields[index]).value_or(0);
}

}  // namespace

std::optional<ProcessUsage> read_process_usage(pid_t pid) {
  const base::Fd file(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer{};
  const ssize_t bytes = file.valid() ? ::read(file.get(), buffer.data(), buffer.size()) : -1;
  if (bytes <= 0) {
    return std::nullopt;
  }
  const std::string_view text(buffer.data(), static_cast<std::size_t>(bytes));
  // The command may hold spaces and parentheses; the last ")" ends it.
  const std::size_t end = text.rfind(") ");
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::vector<std::string_view> fields = base::split(text.substr(end + 2), ' ');
  if (fields.size() <= kResidentPages) {
    return std::nullopt;
  }
  const auto ticks =
      static_cast<double>(number_at(fields, kUserTime) + number_at(fields, kSystemTime));
  return ProcessUsage{.memory_bytes = number_at(fields, kResidentPages) *
                                      static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                      .cpu_s = ticks / static_cast<double>(::sysconf(_SC_CLK_TCK))};
}

}  // namespace supervisor
