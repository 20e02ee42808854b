#include "supervisor/config/capability_names.h"

#include <gtest/gtest.h>
#include <linux/capability.h>

namespace supervisor {
namespace {

TEST(CapabilityNamesTest, TheNumbersAreTheKernels) {
  EXPECT_EQ(parse_capability("CHOWN"), CAP_CHOWN);
  EXPECT_EQ(parse_capability("NET_BIND_SERVICE"), CAP_NET_BIND_SERVICE);
  EXPECT_EQ(parse_capability("SYS_ADMIN"), CAP_SYS_ADMIN);
  EXPECT_EQ(parse_capability("AUDIT_READ"), CAP_AUDIT_READ);
  EXPECT_EQ(capability_names().size(), 41U);
}

TEST(CapabilityNamesTest, PeopleWriteThemInSeveralWays) {
  for (const char* name : {"CAP_NET_RAW", "net_raw", "cap_net_raw", "net-raw"}) {
    EXPECT_EQ(parse_capability(name), CAP_NET_RAW) << name;
  }
  EXPECT_EQ(parse_capability("NET_ROW"), std::nullopt);
  EXPECT_EQ(parse_capability(""), std::nullopt);
}

TEST(CapabilityNamesTest, ANumberOfALaterKernelIsShownAsItIs) {
  EXPECT_EQ(format_capability(CAP_NET_BIND_SERVICE), "NET_BIND_SERVICE");
  EXPECT_EQ(format_capability(60), "60");
}

}  // namespace
}  // namespace supervisor
