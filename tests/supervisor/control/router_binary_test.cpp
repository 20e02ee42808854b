#include "supervisor/router_binary.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace supervisor {
namespace {

TEST(RouterBinaryTest, IsExecutableOrEveryTriedPlaceIsNamed) {
  const auto path = find_router_binary();
  if (path) {
    EXPECT_TRUE(path->ends_with("/birl-router"));
    EXPECT_EQ(::access(path->c_str(), X_OK), 0);
    EXPECT_TRUE(open_router_binary());
  } else {
    EXPECT_EQ(path.error().code, base::ErrorCode::kNotFound);
    EXPECT_TRUE(path.error().message.starts_with("cannot find birl-router (tried /"));
    EXPECT_NE(path.error().message.find("/birl/birl-router)"), std::string::npos);
  }
}

}  // namespace
}  // namespace supervisor
