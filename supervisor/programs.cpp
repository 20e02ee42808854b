#include "supervisor/programs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <array>

namespace supervisor {

namespace {

/// The directory of this executable, links resolved; empty where /proc is not mounted.
std::string own_directory() {
  std::array<char, PATH_MAX> target{};
  const ssize_t bytes = ::readlink("/proc/self/exe", target.data(), target.size());
  if (bytes <= 0) {
    return {};
  }
  const std::string path(target.data(), static_cast<std::size_t>(bytes));
  return path.substr(0, path.rfind('/'));
}

}  // namespace

base::Result<std::string> find_program(std::string_view name) {
  if constexpr (BIRL_SINGLE_FILE != 0) {
    return "/proc/self/exe";
  }
  const std::string beside = own_directory();
  // The second is where an installation lies that was moved, or made with another prefix.
  const std::array<std::string, 3> places{
      beside.empty() ? "" : fmt::format("{}/{}", beside, name),
      beside.empty() ? "" : fmt::format("{}/../libexec/birl/{}", beside, name),
      fmt::format("{}/{}", BIRL_LIBEXEC_DIRECTORY, name)};
  std::string tried;
  for (const std::string& place : places) {
    if (!place.empty() && ::access(place.c_str(), X_OK) == 0) {
      return place;
    }
    tried += fmt::format("{}{}", tried.empty() || place.empty() ? "" : ", ", place);
  }
  return base::fail(base::ErrorCode::kNotFound,
                    fmt::format("cannot find {} (tried {}); install it beside birl", name, tried));
}

base::Result<base::Fd> open_program(std::string_view name) {
  TRY_ASSIGN(const std::string path, find_program(name));
  base::Fd binary(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!binary.valid()) {
    return base::fail_errno(fmt::format("cannot open {}", path));
  }
  return binary;
}

}  // namespace supervisor
