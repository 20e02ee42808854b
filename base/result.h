// Result<T>: a value, or an Error that says what could not be done.
//
// A message reads "cannot open /x: Permission denied": lower case, the value included, what to do
// next where we know it. with_context() puts the caller's place in front ("service web: cannot
// ..."). No exception crosses one of our interfaces; a library that throws is caught in the one
// file that calls it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace base {

enum class ErrorCode {
  kInvalid,      // the input is wrong; the user has to change something
  kNotFound,     // what was named does not exist
  kPermission,   // not allowed
  kExists,       // it is there already
  kLimit,        // one of our own limits
  kTimeout,      // it took too long
  kSystem,       // a system call failed; see sys_errno
  kDamaged,      // stored or shared data fails its check
  kUnavailable,  // the other side is not there
};

struct Error {
  ErrorCode code = ErrorCode::kSystem;
  int sys_errno = 0;  // 0 when no system call is behind it
  std::string message;
};

template <typename T = void>
using Result = tl::expected<T, Error>;

using Unexpected = tl::unexpected<Error>;

[[nodiscard]] Unexpected fail(ErrorCode code, std::string message);

/// Error of the system call that just failed: `what` + ": " + strerror(errno). The code is derived
/// from errno (ENOENT is kNotFound, EACCES and EPERM are kPermission, ...).
/// What an errno means, in English whatever the locale.
[[nodiscard]] const char* describe_errno(int sys_errno);

[[nodiscard]] Unexpected fail_errno(std::string_view what);
[[nodiscard]] Unexpected fail_errno(std::string_view what, int sys_errno);

/// `context` + ": " + the message.
[[nodiscard]] Unexpected with_context(std::string_view context, Error error);

}  // namespace base

#define BIRL_CONCAT_INNER(a, b) a##b
#define BIRL_CONCAT(a, b) BIRL_CONCAT_INNER(a, b)

/// Leaves the function with the error of `expression`, a Result of any type.
#define TRY(expression)                                     \
  do {                                                      \
    auto&& try_result = (expression);                       \
    if (!try_result) {                                      \
      return tl::unexpected(std::move(try_result).error()); \
    }                                                       \
  } while (false)

/// `TRY_ASSIGN(auto fd, open_file(path));`
#define TRY_ASSIGN(target, expression) \
  TRY_ASSIGN_INNER(BIRL_CONCAT(try_assign_, __LINE__), target, expression)
#define TRY_ASSIGN_INNER(name, target, expression)  \
  auto name = (expression);                         \
  if (!name) {                                      \
    return tl::unexpected(std::move(name).error()); \
  }                                                 \
  target = std::move(*name)
