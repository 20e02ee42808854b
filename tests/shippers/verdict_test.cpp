#include "shippers/delivery/verdict.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace shippers {
namespace {

void expect_all(std::initializer_list<int> statuses, Verdict verdict) {
  for (const int status : statuses) {
    EXPECT_EQ(classify_status(status), verdict) << status;
  }
}

TEST(VerdictTest, EveryStatusHasItsClass) {
  expect_all({200, 201, 202, 204, 299}, Verdict::kAccepted);
  expect_all({0, 100, 408, 425, 429, 500, 502, 503, 504, 599}, Verdict::kRetry);
  expect_all({413}, Verdict::kSplit);
  expect_all({301, 302, 307, 401, 403, 404, 407}, Verdict::kPark);
  expect_all({400, 405, 406, 411, 415, 422, 451}, Verdict::kReject);
}

}  // namespace
}  // namespace shippers
