// How [pipeline.NAME], match, fields and [[test]] are read. Also of
// supervisor/config/validate_pipeline.cpp; wrong ones are in tests/golden/config/68-pipelines.toml.
#include <gtest/gtest.h>

#include "base/one_or_several.h"
#include "logging/pipeline_config.h"
#include "supervisor/config/encode.h"
#include "supervisor/config/routes.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

constexpr const char* kToml = R"toml(
[defaults]
pipeline = "clean"
fields = { team = "${TEAM}" }

[service.web]
command = ["web"]
stderr_level = "warn"
fields = { app = "web" }

[service.db]
command = ["db"]
pipeline = []

[sink.console]
type = "console"
match = { service = ["w*", "!wx"], stream = "stdout", level = ["warn", "error"], message = "a${b}$$", field = { status = "5??" } }
pipeline = ["clean", "other"]

[pipeline.clean]
steps = [
  { parse = "json" },
  { parse = { regex = ["(?P<a>x$$)"] } },
  { multiline = "java" },
  { multiline = { start = "^\\d", timeout = "500ms" } },
  { keep = { level = ">=warn" } },
  { level = "text" },
  { set = { env = "{service}" } },
  { rename = { a = "b" } },
  { remove = "c" },
  { redact = ["email", "p=\\S+"] },
  { sample = 1 },
  { limit = { rate = 10, burst = 20, per = ["level"] } },
  { dedupe = "5s" },
]

[pipeline.other]
steps = []

[[test]]
name = "first"
pipeline = "clean"
input = ["x"]
expect = [{ a = "x", n = 1, f = 1.5, b = true }]
)toml";

LoadedConfig load() {
  // Two multiline steps are refused; here only their reading matters.
  return load_text(kToml, {{"TEAM", "core"}});
}

TEST(PipelineConfigTest, EveryStepIsRead) {
  const LoadedConfig loaded = load();
  EXPECT_EQ(problem_lines(loaded),
            (std::vector<std::string>{"BIRL_SET:21:9: cannot use pipeline.clean.steps: it has two "
                                      "multiline steps; the first decides"}));
  const auto& steps = loaded.config.pipelines.at("clean").steps;
  ASSERT_EQ(steps.size(), 13U);
  EXPECT_EQ(steps[0].parse->format, "json");
  EXPECT_EQ(steps[1].parse->regex.items, std::vector<std::string>{"(?P<a>x$$)"});
  EXPECT_EQ(steps[2].multiline->preset, "java");
  EXPECT_EQ(steps[3].multiline->timeout, base::milliseconds(500));
  EXPECT_FALSE(steps[4].keep->level.is_list);
  EXPECT_EQ(*steps[5].level, "text");
  EXPECT_EQ(steps[6].set->at("env"), "{service}");
  EXPECT_EQ(steps[7].rename->at("a"), "b");
  EXPECT_EQ(steps[8].remove->items, std::vector<std::string>{"c"});
  EXPECT_EQ(steps[9].redact->items, (std::vector<std::string>{"email", "p=\\S+"}));
  EXPECT_EQ(*steps[10].sample, 1);
  EXPECT_EQ(*steps[11].limit->burst, 20U);
  EXPECT_EQ(steps[12].dedupe->window, base::seconds(5));
}

TEST(PipelineConfigTest, ServicesInheritAndExpressionsAreNotExpanded) {
  const Config config = load().config;
  EXPECT_EQ(config.services.at("web").pipeline.items, std::vector<std::string>{"clean"});
  EXPECT_TRUE(config.services.at("db").pipeline.empty());
  EXPECT_EQ(config.services.at("web").fields,
            (std::map<std::string, std::string>{{"app", "web"}, {"team", "core"}}));
  const logging::MatchConfig& match = config.sinks.at("console").match;
  EXPECT_EQ(match.message.items, std::vector<std::string>{"a${b}$$"});
  EXPECT_TRUE(match.level.is_list);
  EXPECT_EQ(match.field.at("status").items, std::vector<std::string>{"5??"});
  ASSERT_EQ(config.tests.size(), 1U);
  const auto& record = config.tests[0].expect.at(0);
  EXPECT_EQ(record.at("n").text + record.at("f").text + record.at("b").text, "11.5true");
}

TEST(PipelineConfigTest, TheRouterIsToldAfterTheHandoff) {
  const auto decoded = decode_config(encode_config(load().config));
  ASSERT_TRUE(decoded);
  const logging::RouterConfig router = router_config(*decoded, "/run");
  EXPECT_EQ(router.pipelines.at("clean").steps.size(), 13U);
  EXPECT_EQ(router.pipelines.at("clean").steps[11].limit->per.items,
            std::vector<std::string>{"level"});
  ASSERT_EQ(router.services.size(), 2U);
  EXPECT_EQ(router.services[1].service, "web");
  EXPECT_EQ(router.services[1].stderr_level, "warn");
  EXPECT_EQ(router.sinks.at(0).pipeline.items, (std::vector<std::string>{"clean", "other"}));
}

}  // namespace
}  // namespace supervisor
