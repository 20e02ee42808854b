#include "shippers/file/path_template.h"

#include <gtest/gtest.h>

namespace shippers {
namespace {

using logging::Stream;

std::string path(std::string_view text, std::string_view service) {
  const auto parsed = PathTemplate::parse(text);
  EXPECT_TRUE(parsed);
  return parsed->path(service, Stream::kStderr, "box");
}

TEST(PathTemplateTest, FillsInEveryName) {
  EXPECT_EQ(path("/l/{host}/{service}.{stream}", "web"), "/l/box/web.stderr");
  EXPECT_EQ(path("/l/{{service}}/{{{service}}}", "web"), "/l/{service}/{web}");
}

TEST(PathTemplateTest, AServiceNameCannotLeaveItsDirectory) {
  EXPECT_EQ(path("/l/{service}/current", ".."), "/l/_./current");
  EXPECT_EQ(path("/l/{service}/current", "../../etc/x"), "/l/_._.._etc_x/current");
  EXPECT_EQ(path("/l/.{service}/current", "."), "/l/._/current");
  EXPECT_EQ(path("/l/{service}", ""), "/l/_");
  EXPECT_EQ(path("/l/{service}", std::string_view("a\0b\n", 4)), "/l/a_b_");
  EXPECT_EQ(path("/l/{service}", "web@2"), "/l/web@2");
}

TEST(PathTemplateTest, TextKeepsTheNameAsItIs) {
  EXPECT_EQ(PathTemplate::parse("{service} | ")->text("a/b", Stream::kStdout, ""), "a/b | ");
}

TEST(PathTemplateTest, AnUnknownNameIsAnErrorThatNamesTheKnownOnes) {
  EXPECT_EQ(PathTemplate::parse("/l/{date}").error().message,
            "cannot use \"{date}\" in \"/l/{date}\": the names are {service} {stream} {host}; "
            "write {{ for a brace");
  EXPECT_FALSE(PathTemplate::parse("/l/{service"));
  EXPECT_FALSE(PathTemplate::parse("/l/{}"));
}

TEST(PathTemplateTest, KnowsWhetherItNamesTheStream) {
  EXPECT_TRUE(PathTemplate::parse("{stream}")->names_stream());
  EXPECT_FALSE(PathTemplate::parse("{{stream}}")->names_stream());
}

}  // namespace
}  // namespace shippers
