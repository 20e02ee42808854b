#include "supervisor/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/control/command_line.h"
#include "supervisor/control/commands.h"

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

CliDecision words_of(Words words) {
  return {.words = std::move(words), .error = {}};
}
CliDecision first(const Words& arguments) {
  return decide_arguments(arguments, ProcessRank::kFirst);
}
CliDecision other(const Words& arguments) {
  return decide_arguments(arguments, ProcessRank::kOther);
}

TEST(CliTest, CalledAsInitEveryArgumentIsTheCommand) {
  EXPECT_EQ(first({"/init", "top"}), words_of({"run", "--", "top"}));
  EXPECT_EQ(first({"/init", "status"}), words_of({"run", "--", "status"}));
  EXPECT_EQ(first({"/init", "--hold", "-c"}), words_of({"run", "--", "--hold", "-c"}));
  EXPECT_EQ(other({"/sbin/init", "sleep", "1"}), words_of({"run", "--", "sleep", "1"}));
  EXPECT_EQ(first({"/init"}), words_of({"run"}));
}

TEST(CliTest, CalledAsInitAFirstWordBirlHandsOverToAVerb) {
  EXPECT_EQ(first({"/init", "birl", "check", "--strict"}), words_of({"check", "--strict"}));
  EXPECT_EQ(first({"/init", "birl"}), words_of({"help"}));
  EXPECT_EQ(first({"/init", "birl", "statsu"}).error, "no verb statsu (did you mean status?)");
}

TEST(CliTest, CalledAsBirlTheFirstWordIsAVerb) {
  EXPECT_EQ(other({"birl", "status", "--json"}), words_of({"status", "--json"}));
  EXPECT_EQ(other({"/usr/bin/birl", "--socket", "/x", "status"}),
            words_of({"--socket", "/x", "status"}));
  EXPECT_EQ(other({"birl"}), words_of({"help"}));
}

TEST(CliTest, AnUnknownVerbRunsOnlyAsProcessOne) {
  EXPECT_EQ(first({"birl", "sleep", "1"}), words_of({"run", "--", "sleep", "1"}));
  EXPECT_EQ(first({"birl"}), words_of({"run"}));
  EXPECT_EQ(other({"birl", "restrat"}).error, "no verb restrat (did you mean restart?)");
  EXPECT_EQ(other({"birl", "sleep", "1"}).error, "no verb sleep; `birl help` lists them");
}

TEST(CliTest, HelpOnAnUnknownVerbIsRefused) {
  EXPECT_EQ(other({"birl", "help", "logs"}), words_of({"help", "logs"}));
  EXPECT_EQ(other({"birl", "help", "statsu"}).error, "no verb statsu (did you mean status?)");
}

TEST(CliTest, EveryVerbOfTheHelpIsAVerb) {
  for (const std::string& verb : list_verbs()) {
    EXPECT_EQ(other({"birl", verb}).words, Words{verb}) << verb;
  }
}

TEST(RunOptionsTest, ReadsOptionsUpToTheCommand) {
  const Words words{"-c", "a.toml", "--config=dir", "--hold", "sleep", "-c", "1"};
  const auto options = parse_run_options(words);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->config_paths, (Words{"a.toml", "dir"}));
  EXPECT_TRUE(options->hold);
  EXPECT_EQ(options->command, (Words{"sleep", "-c", "1"}));
}

TEST(RunOptionsTest, AfterTwoDashesEverythingIsTheCommand) {
  const Words words{"--", "--hold", "--"};
  EXPECT_EQ(parse_run_options(words)->command, (Words{"--hold", "--"}));
}

TEST(RunOptionsTest, TellsWhatIsWrong) {
  const auto error_of = [](Words words) { return parse_run_options(words).error().message; };
  EXPECT_EQ(error_of({"-c"}), "cannot use -c: the file or directory is missing");
  EXPECT_EQ(error_of({"--hold"}), "cannot use --hold without a command: it starts nothing else");
  EXPECT_EQ(error_of({"-x"}),
            "cannot use option -x of run: there is none such; put `--` before a command that "
            "begins with a dash");
}

TEST(CommandLineTest, ReadsOptionsBeforeAndAfterTheVerb) {
  for (const Words& words : {Words{"--socket", "/s", "status", "web", "--json"},
                             Words{"status", "--json", "web", "--socket", "/s"}}) {
    const ParsedCommand parsed = parse_command(words);
    ASSERT_TRUE(parsed.options) << parsed.errors;
    EXPECT_EQ(parsed.options->verb, "status");
    EXPECT_EQ(parsed.options->socket, "/s");
    EXPECT_EQ(parsed.options->names, Words{"web"});
    EXPECT_TRUE(parsed.options->json);
  }
}

TEST(CommandLineTest, ReadsTheOptionsOfLogs) {
  const ParsedCommand parsed =
      parse_command(Words{"logs", "-f", "-n", "20", "-t", "--stream", "stderr", "web", "db"});
  ASSERT_TRUE(parsed.options) << parsed.errors;
  EXPECT_TRUE(parsed.options->follow && parsed.options->timestamps);
  EXPECT_EQ(parsed.options->lines, 20U);
  EXPECT_EQ(parsed.options->stream, "stderr");
  EXPECT_EQ(parsed.options->names, (Words{"web", "db"}));
}

TEST(CommandLineTest, ReadsASignalBeforeItsService) {
  const ParsedCommand parsed = parse_command(Words{"signal", "HUP", "web", "--group"});
  ASSERT_TRUE(parsed.options) << parsed.errors;
  EXPECT_EQ(parsed.options->signal, "HUP");
  EXPECT_EQ(parsed.options->names, Words{"web"});
  EXPECT_TRUE(parsed.options->group);
}

TEST(CommandLineTest, AUsageErrorEndsWithTwoAndNamesTheHelp) {
  for (const Words& words :
       {Words{"status", "--bogus"}, Words{"stop"}, Words{"logs", "--stream", "stdin"},
        Words{"shutdown", "--exit-code", "300"}, Words{"logs", "-n", "many"},
        Words{"logs", "-n", "-3"}}) {
    const ParsedCommand parsed = parse_command(words);
    EXPECT_FALSE(parsed.options) << words.back();
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_TRUE(parsed.errors.ends_with("see `birl " + words.front() + " --help`\n"))
        << parsed.errors;
  }
}

TEST(CommandLineTest, HelpAndVersionAreNoErrors) {
  const ParsedCommand help = parse_command(Words{"logs", "--help"});
  EXPECT_FALSE(help.options);
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("--timestamps"), std::string::npos);
  EXPECT_THAT(parse_command(Words{"shutdown", "--help"}).out,
              testing::Not(testing::HasSubstr("newcomer")));
  EXPECT_EQ(parse_command(Words{"--version"}).out, "birl " BIRL_VERSION "\n");
}

}  // namespace
}  // namespace supervisor
