#include "supervisor/config/toml_scan.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

std::string scan(std::string_view text) {
  const auto problem = scan_toml(text, "a.toml");
  return problem ? format_problem(*problem) : "";
}

std::string dotted(std::size_t parts) {
  std::string key = "k";
  for (std::size_t part = 1; part < parts; ++part) {
    key += ".k";
  }
  return key;
}

TEST(TomlScanTest, FindsBytesThatAreNoText) {
  EXPECT_EQ(scan("# \xc3\xbc\nx = \"\xff\"\n"),
            "a.toml:2:6: cannot read byte 0xff: it is not valid UTF-8");
  EXPECT_EQ(scan(std::string_view("# \xc3\xbc\0\n", 6)),
            "a.toml:1:4: cannot read a NUL byte: this is not a text file");
}

TEST(TomlScanTest, RefusesKeysOfTooManyParts) {
  EXPECT_EQ(scan(dotted(kKeyPartsMax) + " = 1"), "");
  EXPECT_EQ(scan(dotted(kKeyPartsMax + 1) + " = 1"),
            "a.toml:1:64: cannot read a key of more than 32 parts");
  EXPECT_NE(scan("[" + dotted(kKeyPartsMax + 1) + "]"), "");
  EXPECT_NE(scan("x = { a = 1, " + dotted(kKeyPartsMax + 1) + " = 2 }"), "");
  EXPECT_NE(scan("\"a\" . " + dotted(kKeyPartsMax)), "");
}

TEST(TomlScanTest, DotsInStringsAndCommentsAreNoKeys) {
  const std::string dots(100, '.');
  EXPECT_EQ(scan("# " + dots), "");
  EXPECT_EQ(scan("x = \"" + dots + "\\\"" + dots + "\""), "");
  EXPECT_EQ(scan("x = '" + dots + "\\' # '"), "");
  EXPECT_EQ(scan("x = \"\"\"\n" + dots + "\"\n" + dots + "\"\"\""), "");
  EXPECT_EQ(scan("x = '''\n" + dots + "'\n'''"), "");
}

TEST(TomlScanTest, EndsOnUnfinishedStrings) {
  for (const char* text : {"\"", "'", "\"\"\"", "'''", "\"\\", "\"\"\"\\", "x = \"a\nb.c"}) {
    EXPECT_EQ(scan(text), "") << text;
  }
}

}  // namespace
}  // namespace supervisor
