#include "supervisor/config/template_check.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(TemplateCheckTest, AcceptsKnownNamesAndDoubledBraces) {
  for (const char* text :
       {"", "plain", "/var/log/{service}/{stream}.{host}", "{{x}", "a}b", "{{{service}", "{{{{"}) {
    EXPECT_EQ(find_template_error(text), std::nullopt) << text;
  }
}

TEST(TemplateCheckTest, NamesTheNearest) {
  EXPECT_EQ(find_template_error("/x/{srevice}"), "there is no {srevice} (did you mean {service}?)");
  EXPECT_EQ(find_template_error("{pid}"),
            "there is no {pid} (known are {service} {stream} {host}; {{ is a brace)");
  EXPECT_EQ(find_template_error("a{service"),
            "\"{service\" has no closing brace (write {{ for a brace)");
}

}  // namespace
}  // namespace supervisor
