#include "base/small_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace base {

namespace {

constexpr std::size_t kReadBytes = 65'536;

Result<Fd> open_regular(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) {
    return fail_errno(fmt::format("cannot read {}", path));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kInvalid, fmt::format("cannot read {}: it is not a regular file", path));
  }
  return file;
}

}  // namespace

Result<std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
  TRY_ASSIGN(const Fd file, open_regular(path));
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + kReadBytes);
    const ssize_t bytes = ::read(file.get(), text.data() + before, kReadBytes);
    text.resize(before + static_cast<std::size_t>(bytes > 0 ? bytes : 0));
    if (bytes < 0 && errno != EINTR) {
      return fail_errno(fmt::format("cannot read {}", path));
    }
    if (text.size() > bytes_max) {
      return fail(ErrorCode::kLimit,
                  fmt::format("cannot read {}: more than {} bytes", path, bytes_max));
    }
    if (bytes == 0) {
      return text;
    }
  }
}

Result<std::optional<std::string>> read_small_file_if_present(const std::string& path,
                                                              std::size_t bytes_max) {
  Result<std::string> text = read_small_file(path, bytes_max);
  if (text) {
    return *std::move(text);
  }
  if (text.error().sys_errno == ENOENT) {
    return std::nullopt;
  }
  return Unexpected(std::move(text).error());
}

}  // namespace base
