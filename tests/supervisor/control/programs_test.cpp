#include "supervisor/programs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace supervisor {
namespace {

class ProgramsTest : public testing::TestWithParam<std::string_view> {};

TEST_P(ProgramsTest, IsExecutableOrEveryTriedPlaceIsNamed) {
  const auto path = find_program(GetParam());
  if (path) {
    EXPECT_TRUE(path->ends_with(fmt::format("/{}", GetParam())));
    EXPECT_EQ(::access(path->c_str(), X_OK), 0);
    EXPECT_TRUE(open_program(GetParam()));
  } else {
    EXPECT_EQ(path.error().code, base::ErrorCode::kNotFound);
    EXPECT_TRUE(
        path.error().message.starts_with(fmt::format("cannot find {} (tried /", GetParam())));
    EXPECT_NE(path.error().message.find(fmt::format("/birl/{})", GetParam())), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ProgramsTest, testing::Values(kRouterName, kConfigReaderName));

}  // namespace
}  // namespace supervisor
