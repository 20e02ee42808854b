#include "supervisor/config/template_check.h"

#include <gtest/gtest.h>

#include "logging/sink_config.h"

namespace supervisor {
namespace {

TEST(TemplateCheckTest, AcceptsKnownNamesAndDoubledBraces) {
  for (const char* text :
       {"", "plain", "/var/log/{service}/{stream}.{host}", "{{x}", "a}b", "{{{service}", "{{{{"}) {
    EXPECT_EQ(find_template_error(text, logging::kTextNames), std::nullopt) << text;
  }
}

TEST(TemplateCheckTest, NamesTheNearest) {
  EXPECT_EQ(find_template_error("/x/{srevice}", logging::kPathNames),
            "there is no {srevice} (did you mean {service}?)");
  EXPECT_EQ(find_template_error("{pid}", logging::kTextNames),
            "there is no {pid} (known are {service} {stream} {instance} {host}; {{ is a brace)");
}

TEST(TemplateCheckTest, OnlyPathsHaveADate) {
  EXPECT_EQ(find_template_error("{date:%F}", logging::kPathNames), std::nullopt);
  EXPECT_TRUE(find_template_error("{date:%F}", logging::kTextNames));
  EXPECT_TRUE(find_template_error("{date:%c}", logging::kPathNames));
}

}  // namespace
}  // namespace supervisor
