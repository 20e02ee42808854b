// What `birl vendors` prints, and that the README's table is the same. Its columns are those of
// shippers/table_text.h.
#include "shippers/vendors/vendor_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "logging/sink_config.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

TEST(VendorListTest, EveryTypeAcrossANetworkIsThereWithItsLimits) {
  std::vector<std::string_view> expected;
  const auto names = enum_names(logging::SinkType{});
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (is_network(static_cast<logging::SinkType>(index))) {
      expected.push_back(names[index]);
    }
  }
  std::vector<std::string_view> listed;
  for (const VendorDoc& doc : list_vendors()) {
    listed.push_back(doc.type);
    EXPECT_GT(doc.limits.bytes, 0U) << doc.type;
    EXPECT_GT(doc.limits.event_bytes, 0U) << doc.type;
    EXPECT_FALSE(doc.confirmed_by.empty()) << doc.type;
  }
  EXPECT_EQ(listed, expected);
}

TEST(VendorListTest, TheTableHasAHeadAndJsonHasTheSameTypes) {
  EXPECT_TRUE(vendor_table().starts_with("TYPE "));
  EXPECT_THAT(vendor_json(), testing::HasSubstr("\"type\":\"syslog\""));
}

TEST(VendorListTest, TheReadmeSaysTheSame) {
  const std::string readme = test_support::read_file(SHIPPERS_README);
  const std::string table = vendor_table();
  for (const std::string_view line : base::split(table, '\n')) {
    const std::string indented = line.empty() ? "" : "    " + std::string(line) + "\n";
    EXPECT_NE(readme.find(indented), std::string::npos) << indented;
  }
}

}  // namespace
}  // namespace shippers
