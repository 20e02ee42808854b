#include "base/text_template.h"

#include <gtest/gtest.h>

#include <array>

namespace base {
namespace {

constexpr std::array<std::string_view, 3> kKnown{"service", "host", "date:"};

std::string error(std::string_view text) {
  const auto parsed = parse_template(text, kKnown);
  return parsed ? "" : parsed.error().message;
}

TEST(TextTemplateTest, SplitsIntoNamesAndLiterals) {
  EXPECT_EQ(
      *parse_template("/l/{service}.{{x}}}{date:%F %H}", kKnown),
      (std::vector<TemplatePart>{{"", "/l/"}, {"service", ""}, {"", ".{x}}"}, {"date:", "%F %H"}}));
  EXPECT_TRUE(parse_template("", kKnown)->empty());
  EXPECT_EQ(*parse_template("{{{host}", kKnown),
            (std::vector<TemplatePart>{{"", "{"}, {"host", ""}}));
}

TEST(TextTemplateTest, NamesTheNearestOrAllThatAreKnown) {
  EXPECT_EQ(error("/x/{srevice}"), "there is no {srevice} (did you mean {service}?)");
  EXPECT_EQ(error("{pid}"),
            "there is no {pid} (known are {service} {host} {date:%F}; {{ is a brace)");
  EXPECT_EQ(error("{date}"), "there is no {date} (did you mean {date:%F}?)");
  EXPECT_EQ(error("a{service"), "\"{service\" has no closing brace (write {{ for a brace)");
  EXPECT_NE(error("{service:x}"), "");
  EXPECT_NE(error("{date:%B}"), "");
}

}  // namespace
}  // namespace base
