// Covers supervisor/control/man_pages.cpp, supervisor/control/verb_docs.h,
// supervisor/control/cmd_completion.cpp and supervisor/control/cmd_man.cpp too.
#include "supervisor/control/completion.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/option_docs.h"
#include "supervisor/control/command_line.h"

namespace supervisor {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<VerbDoc> make_verbs() {
  return {
      {.name = "logs",
       .description = "Print what's there",
       .footer = ".not a macro",
       .options = {{.long_name = "follow", .short_name = "f", .value = "", .description = "Go on"}},
       .arguments =
           {{.long_name = "NAME", .short_name = "", .value = "TEXT", .description = "Services"}},
       .takes = VerbDoc::Takes::kServices},
      {.name = "man",
       .description = "Print a page",
       .footer = "",
       .takes = VerbDoc::Takes::kOther,
       .choices = {"birl", "birl.toml"}}};
}

TEST(CompletionTest, EachShellGetsVerbsOptionsAndServices) {
  const std::vector<VerbDoc> verbs = make_verbs();
  const auto bash = make_completion("bash", verbs);
  ASSERT_TRUE(bash.has_value());
  EXPECT_THAT(*bash, HasSubstr("'') words='logs man --socket"));
  EXPECT_THAT(*bash, HasSubstr("logs) words=\"--follow $(_birl_services)\""));
  EXPECT_THAT(*bash, HasSubstr("man) words=\"birl birl.toml\""));
  EXPECT_THAT(make_completion("zsh", verbs).value_or(""),
              HasSubstr("'logs:Print what'\\''s there'"));
  EXPECT_THAT(make_completion("fish", verbs).value_or(""),
              HasSubstr("-n '__fish_seen_subcommand_from logs' -l follow -s f -d 'Go on'"));
  EXPECT_FALSE(make_completion("tcsh", verbs).has_value());
}

TEST(CompletionTest, EveryVerbIsInEveryTextAndServicesWhereTheyBelong) {
  const std::vector<VerbDoc> docs = list_verb_docs();
  const std::string page = make_command_page(docs);
  ASSERT_EQ(docs.size(), list_verbs().size());
  for (const std::string& verb : list_verbs()) {
    EXPECT_THAT(page, HasSubstr(".SS birl " + verb));
    for (const char* shell : {"bash", "zsh", "fish"}) {
      EXPECT_THAT(make_completion(shell, docs).value_or(""), HasSubstr(verb));
    }
  }
  for (const VerbDoc& verb : docs) {
    const bool is_for_services = verb.name == "status" || verb.name == "signal" ||
                                 verb.name == "restart" || verb.name == "logs";
    EXPECT_TRUE(!is_for_services || verb.takes == VerbDoc::Takes::kServices) << verb.name;
  }
}

TEST(ManPageTest, EveryKeyIsInTheConfigurationPage) {
  const std::string page = make_configuration_page();
  for (const TableDoc& table : list_options()) {
    EXPECT_THAT(page, HasSubstr(".SH [" + table.table + "]"));
    for (const OptionDoc& option : table.options) {
      EXPECT_THAT(page, HasSubstr(".B " + option.key + "\n"));
    }
  }
}

TEST(ManPageTest, NoTextBecomesAMacro) {
  const std::string page = make_command_page(make_verbs());
  EXPECT_THAT(page, HasSubstr("\\&.not a macro"));
  EXPECT_THAT(page, HasSubstr(".B \\-f, \\-\\-follow\n"));
  EXPECT_THAT(page, Not(HasSubstr("\n.not")));
}

}  // namespace
}  // namespace supervisor
