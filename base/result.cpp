#include "base/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace base {

namespace {

ErrorCode code_of(int sys_errno) {
  switch (sys_errno) {
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermission;
    case EEXIST:
      return ErrorCode::kExists;
    case ETIMEDOUT:
      return ErrorCode::kTimeout;
    case ECONNREFUSED:
    case EPIPE:
    case ECONNRESET:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kSystem;
  }
}

}  // namespace

Unexpected fail(ErrorCode code, std::string message) {
  return Unexpected(Error{.code = code, .sys_errno = 0, .message = std::move(message)});
}

const char* describe_errno(int sys_errno) {
#ifdef __GLIBC__
  const char* text = ::strerrordesc_np(sys_errno);
#else
  const char* text = ::strerror(sys_errno);  // musl's is constant and safe in threads
#endif
  return text != nullptr ? text : "unknown error";
}

Unexpected fail_errno(std::string_view what) {
  return fail_errno(what, errno);
}

Unexpected fail_errno(std::string_view what, int sys_errno) {
  return Unexpected(Error{.code = code_of(sys_errno),
                          .sys_errno = sys_errno,
                          .message = fmt::format("{}: {}", what, describe_errno(sys_errno))});
}

Unexpected with_context(std::string_view context, Error error) {
  error.message = fmt::format("{}: {}", context, error.message);
  return Unexpected(std::move(error));
}

}  // namespace base
