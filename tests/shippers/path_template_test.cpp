#include "shippers/file/path_template.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace shippers {
namespace {

using logging::Stream;

std::string path(std::string_view text, std::string_view service) {
  const auto parsed = PathTemplate::parse_path(text);
  EXPECT_TRUE(parsed);
  return parsed->path({.service = service,
                       .stream = Stream::kStderr,
                       .host = "box",
                       .realtime_ns = 1'704'164'645 * base::kNsPerSecond});
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
  const TemplateValues values{.service = "a/b", .stream = Stream::kStdout, .host = ""};
  EXPECT_EQ(PathTemplate::parse_text("{service} | ")->text(values), "a/b | ");
}

TEST(PathTemplateTest, AnUnknownNameIsAnErrorThatNamesTheKnownOnes) {
  EXPECT_EQ(PathTemplate::parse_path("/l/{nobody}").error().message,
            "cannot use \"/l/{nobody}\": there is no {nobody} (known are {service} {stream} "
            "{instance} {host} {date:%F}; {{ is a brace)");
  EXPECT_FALSE(PathTemplate::parse_path("/l/{service"));
  EXPECT_FALSE(PathTemplate::parse_path("/l/{}"));
  EXPECT_FALSE(PathTemplate::parse_text("{date:%F}"));
}

TEST(PathTemplateTest, AnInstanceIsWhatStandsBehindTheAt) {
  EXPECT_EQ(path("/l/{instance}", "web@12"), "/l/12");
  EXPECT_EQ(path("/l/{instance}", "web"), "/l/1");
}

TEST(PathTemplateTest, ADateHasAShape) {
  EXPECT_EQ(path("/l/{date:%Y/%m}/{service}-{date:%F}.log", "web"),
            "/l/2024/01/web-2024-01-02.log");
  const auto parsed = PathTemplate::parse_path("/l/{service}-{date:%d}");
  EXPECT_EQ(parsed->path_shape({.service = "w", .stream = Stream::kStdout, .host = ""}),
            std::string("/l/w-\0\0", 7));
  EXPECT_TRUE(parsed->names_date());
  EXPECT_EQ(parsed->dates(0), "01\n");
  EXPECT_EQ(PathTemplate::parse_path("/l")->dates(0), "");
}

TEST(PathTemplateTest, KnowsWhetherItNamesTheStream) {
  EXPECT_TRUE(PathTemplate::parse_path("{stream}")->names_stream());
  EXPECT_FALSE(PathTemplate::parse_path("{{stream}}")->names_stream());
}

}  // namespace
}  // namespace shippers
