#include "supervisor/config/config_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "logging/sink_config.h"
#include "supervisor/config/config.h"
#include "supervisor/config/context_config.h"
#include "supervisor/config/encode.h"
#include "supervisor/config/instances.h"
#include "supervisor/config/option_lister.h"
#include "supervisor/config/option_words.h"
#include "supervisor/config/table_reader.h"
#include "tests/supervisor/config/config_test_support.h"

// Among its keys are those of supervisor/config/checks_config.h.
namespace supervisor {
namespace {

using testing::AnyOf;
using testing::Each;
using testing::HasSubstr;
using Words = std::vector<std::string>;

/// Sets every member of a struct to a valid value that is not its default.
class Scrambler {
 public:
  template <typename T>
  void field(std::string_view name, T& member, std::string_view = {}) {
    key_ = name;
    change(member);
  }

 private:
  void change(std::string& text) {
    if (key_ == "stderr_level") {
      text = "warn";
      return;
    }
    const bool is_path = key_ == "path" || key_ == "runtime_directory" || key_ == "scripts" ||
                         key_ == "before_stop" || key_ == "directory";
    text = key_ == "signal" ? "INT" : is_path ? "/x" : "x";
  }
  void change(base::OneOrSeveral& several) {
    several.items = {key_ == "level" ? ">=warn" : key_ == "stream" ? "stdout" : "x"};
  }
  void change(base::Regexes& expressions) { expressions.items = {"x"}; }
  void change(std::map<std::string, base::OneOrSeveral>& items) {
    items = {{"f", {.items = {"x", "y"}, .is_list = true}}};
  }
  void change(bool& truth) { truth = !truth; }
  void change(double& number) { number += 0.25; }
  template <std::integral T>
  void change(T& number) {
    ++number;
  }
  void change(base::Duration& duration) { duration.ns += base::kNsPerSecond; }
  void change(base::TimeZone& zone) { zone.name = "x"; }
  void change(base::ByteCount& size) { size.bytes *= 2; }
  void change(base::FileMode& mode) { mode.bits ^= 0011U; }
  void change(ResourceLimit& limit) { limit.value += 4096; }
  void change(std::vector<DirectoryConfig>& items) {
    items = {
        {.path = "/x", .user = "u", .group = "g", .mode = base::FileMode{0700}, .recursive = true}};
  }
  void change(std::vector<AllowConfig>& items) { items = {{.group = "g", .verbs = {"stop"}}}; }
  void change(Command& command) { command.argv = {"x", "y"}; }
  template <typename T>
  requires std::is_enum_v<T>
  void change(T& value) {
    value = static_cast<T>((static_cast<std::size_t>(value) + 1) % enum_names(value).size());
  }
  template <typename T>
  void change(std::optional<T>& value) {
    change(value.emplace());
  }
  void change(std::vector<std::string>& items) {
    const bool is_capability = key_ == "keep" || key_ == "ambient";
    items = {key_ == "log"      ? "console"
             : key_ == "paths"  ? "/x"
             : key_ == "listen" ? "unix:/x"
             : is_capability    ? "CHOWN"
                                : "*"};
  }
  void change(std::vector<std::int32_t>& items) { items = {7, 8}; }
  void change(std::map<std::string, std::string>& items) {
    items = {{"HUP", key_ == "signals" ? "stop" : "x"}};
  }
  void change(std::map<std::string, std::int32_t>& items) { items = {{"143", 0}}; }
  template <typename T>
  requires base::Visitable<T, Scrambler>
  void change(T& object) { object.visit(*this); }

  std::string key_;
};

/// `object` as the keys of one TOML table, by the same list that the option reference prints.
template <typename F>
std::string as_table(const std::string& header, F visit) {
  OptionLister lister;
  visit(lister);
  std::string text = fmt::format("[{}]\n", header);
  for (const OptionDoc& option : lister.take()) {
    if (option.key.find("[]") == std::string::npos) {  // the list itself has them
      text += fmt::format("{} = {}\n", option.key, option.default_value);
    }
  }
  return text;
}

logging::SinkConfig scrambled_sink(const std::string& name, logging::SinkType type) {
  logging::SinkConfig sink;
  Scrambler scrambler;
  sink.visit_common(scrambler);
  sink.name = name;
  sink.type = type;
  if (type == logging::SinkType::kFile) {
    sink.file.visit(scrambler);
  } else {
    sink.console.visit(scrambler);
  }
  return sink;
}

TEST(ConfigReaderTest, EveryKeyOfEveryTableCanBeSet) {
  Config expected;
  expected.configured = true;
  Scrambler scrambler;
  expected.birl.visit(scrambler);
  expected.init.visit(scrambler);
  expected.finish.visit(scrambler);
  expected.services["web"].visit(scrambler);
  expected.sinks["console"] = scrambled_sink("console", logging::SinkType::kConsole);
  expected.sinks["files"] = scrambled_sink("files", logging::SinkType::kFile);
  expected.pipelines["x"] = {};
  const std::string toml =
      "[pipeline.x]\nsteps = []\n" +
      as_table("birl", [&](OptionLister& v) { expected.birl.visit(v); }) +
      as_table("init", [&](OptionLister& v) { expected.init.visit(v); }) +
      as_table("finish", [&](OptionLister& v) { expected.finish.visit(v); }) +
      as_table("service.web", [&](OptionLister& v) { expected.services["web"].visit(v); }) +
      as_table("sink.console",
               [&](OptionLister& v) {
                 expected.sinks["console"].visit_common(v);
                 expected.sinks["console"].console.visit(v);
               }) +
      as_table("sink.files", [&](OptionLister& v) {
        expected.sinks["files"].visit_common(v);
        expected.sinks["files"].file.visit(v);
      });
  const LoadedConfig loaded = load_text(toml);
  // Not all of them at once mean something: that is told, and the values are read all the same.
  EXPECT_THAT(problem_lines(loaded), Each(AnyOf(HasSubstr("there is no service \"*\""),
                                                HasSubstr("a oneshot is ready when it is done"),
                                                HasSubstr("are those of `listen` and `fd_store`"),
                                                HasSubstr("only a daemon has one"),
                                                HasSubstr("it belongs to services of type"))))
      << toml;
  expand_instances(expected.services);
  EXPECT_EQ(encode_config(loaded.config), encode_config(expected)) << toml;
  EXPECT_NE(encode_config(loaded.config), encode_config(Config{}));
}

TEST(ConfigReaderTest, LimitsAreNumbersSizesOrUnlimited) {
  const LoadedConfig loaded = load_text(
      "service.a = {command = ['a'], limits = {open_files = 1024, core = 'unlimited',"
      " stack = '8MiB', processes = '${N}'}}",
      {{"N", "77"}});
  EXPECT_EQ(problem_lines(loaded), Words{});
  const LimitsConfig& limits = loaded.config.services.at("a").limits;
  EXPECT_EQ(limits.open_files->value, 1024U);
  EXPECT_EQ(limits.core->value, ResourceLimit::kUnlimited);
  EXPECT_EQ(limits.stack->value, 8U << 20U);
  EXPECT_EQ(limits.processes->value, 77U);
  EXPECT_FALSE(limits.file_size);
}

TEST(ConfigReaderTest, CommandsAreArraysOrTextForTheShell) {
  const LoadedConfig loaded = load_text(
      "service.a.command = ['a', '${X}']\nservice.b.command = 'b $HOME ${X} $$'\n", {{"X", "1"}});
  EXPECT_EQ(loaded.config.services.at("a").command.argv, (Words{"a", "1"}));
  EXPECT_FALSE(loaded.config.services.at("a").command.shell);
  EXPECT_EQ(loaded.config.services.at("b").command.argv, Words{"b $HOME ${X} $$"});
  EXPECT_TRUE(loaded.config.services.at("b").command.shell);
}

TEST(ConfigReaderTest, WordsStandForUnsetAndNever) {
  const LoadedConfig loaded = load_text(
      "birl.exit_code = 'primary'\nservice.a.command = ['a']\n"
      "sink.console = {type = 'console', block_limit = 'never', when_full = 'drop_oldest'}");
  EXPECT_EQ(problem_lines(loaded), Words{});
  EXPECT_EQ(loaded.config.birl.exit_code, std::nullopt);
  EXPECT_EQ(loaded.config.sinks.at("console").block_limit.ns, 0U);
  EXPECT_EQ(loaded.config.sinks.at("console").when_full, logging::WhenFull::kDropOldest);
}

TEST(ConfigReaderTest, ExpandedTextStandsForNumbersAndBooleans) {
  const LoadedConfig loaded = load_text(
      "service.a = {command = ['a'], nice = '${N}', primary = '${P}', ring = {size = '${S}'},"
      " backoff = {factor = '${F}'}, stop = {timeout = '${T:-4s}'}}",
      {{"N", "-3"}, {"P", "true"}, {"S", "131072"}, {"F", "1.5"}});
  EXPECT_EQ(problem_lines(loaded), Words{});
  const ServiceConfig& service = loaded.config.services.at("a");
  EXPECT_EQ(service.nice, -3);
  EXPECT_TRUE(service.primary);
  EXPECT_EQ(service.ring.size.bytes, 131'072U);
  EXPECT_EQ(service.backoff.factor, 1.5);
  EXPECT_EQ(service.stop.timeout, base::seconds(4));
}

TEST(ConfigReaderTest, PlainTextDoesNotStandForANumber) {
  EXPECT_EQ(problem_lines(load_text("service.a = {command = ['a'], nice = '3'}")),
            Words{"BIRL_SET:1:38: cannot read service.a.nice: it must be an integer, not the "
                  "string \"3\""});
}

TEST(ConfigReaderTest, AServicesVariablesAreSeenInItAndSeeOnlyBirls) {
  const LoadedConfig loaded = load_text(
      "[service.a]\ncommand = ['a', '${PATH}', '${DIR}']\ndirectory = '${DIR}'\n"
      "environment = {PATH = '/opt:${PATH}', DIR = '/srv'}\n"
      "[service.b]\ncommand = ['b', '${DIR:-none}']\n",
      {{"PATH", "/bin"}});
  EXPECT_EQ(problem_lines(loaded), Words{});
  const ServiceConfig& a = loaded.config.services.at("a");
  EXPECT_EQ(a.command.argv, (Words{"a", "/opt:/bin", "/srv"}));
  EXPECT_EQ(a.directory, "/srv");
  EXPECT_EQ(a.environment.at("PATH"), "/opt:/bin");
  EXPECT_EQ(loaded.config.services.at("b").command.argv, (Words{"b", "none"}));
}

TEST(ConfigReaderTest, AMissingVariableIsToldOnceAndItsUsersAreNotJudged) {
  const LoadedConfig loaded =
      load_text("[service.a]\ncommand = ['${X}']\nnice = '${N}'\nenvironment = {X = '${GONE}'}\n");
  EXPECT_EQ(problem_lines(loaded),
            (Words{"BIRL_SET:3:8: cannot expand ${N}: the variable is not set (${N:-default} "
                   "allows that)",
                   "BIRL_SET:4:20: cannot expand ${GONE}: the variable is not set "
                   "(${GONE:-default} allows that)"}));
  EXPECT_FALSE(loaded.failed(false));
  EXPECT_TRUE(loaded.failed(true));
}

TEST(ConfigReaderTest, EnvironmentFilesAreOneOrSeveral) {
  const LoadedConfig loaded = load_text(
      "service.a = {command = ['a'], environment_file = '-/x'}\n"
      "service.b = {command = ['b'], environment_file = ['/y', '/z']}\n");
  EXPECT_EQ(problem_lines(loaded), Words{});
  EXPECT_EQ(loaded.config.services.at("a").environment_file, Words{"-/x"});
  EXPECT_EQ(loaded.config.services.at("b").environment_file, (Words{"/y", "/z"}));
}

}  // namespace
}  // namespace supervisor
