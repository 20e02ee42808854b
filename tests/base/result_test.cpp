#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace base {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return fail(ErrorCode::kInvalid, "cannot halve an odd number");
  }
  return number / 2;
}

Result<int> quarter(int number) {
  TRY_ASSIGN(const int once, half(number));
  TRY_ASSIGN(const int twice, half(once));
  return twice;
}

TEST(ResultTest, TryPassesValuesAndErrorsOn) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "cannot halve an odd number");
}

TEST(ResultTest, AnErrnoGivesACodeAndItsText) {
  const Error error = fail_errno("cannot open /x", ENOENT).value();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.sys_errno, ENOENT);
  EXPECT_EQ(error.message, "cannot open /x: No such file or directory");
  EXPECT_EQ(with_context("service web", error).value().message,
            "service web: cannot open /x: No such file or directory");
}

}  // namespace
}  // namespace base
