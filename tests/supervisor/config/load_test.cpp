#include "supervisor/config/load.h"

#include <gtest/gtest.h>

#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using Words = std::vector<std::string>;

TEST(LoadTest, LaterSourcesWin) {
  const TemporaryDirectory directory;
  directory.write("birl.toml", "[service.web]\ncommand = ['web']\nnice = 1\nuser = 'a'\n");
  directory.write("conf.d/10.toml", "service.web.nice = 2\nservice.web.group = 'g'");
  directory.write("local.d/10.toml", "service.web.nice = 3");
  LoadRequest request;
  request.etc_directory = directory.path();
  request.environment = {{"BIRL_SET", "service.web.nice = 4"},
                         {"BIRL_SET_Z", "service.web.nice = 5\nbirl.log_level = 'debug'"}};
  const LoadedConfig loaded = load_config(request);
  EXPECT_EQ(problem_lines(loaded), Words{});
  const ServiceConfig& web = loaded.config.services.at("web");
  EXPECT_EQ(web.nice, 5);
  EXPECT_EQ(web.user, "a");
  EXPECT_EQ(web.group, "g");
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(loaded.config.birl.log_level, LogLevel::kDebug);
  EXPECT_EQ(loaded.sources.size(), 5U);
}

TEST(LoadTest, ACommandAloneIsNoConfiguration) {
  LoadRequest request;
  request.etc_directory = "/nonexistent";
  request.command = {"true"};
  EXPECT_FALSE(load_config(request).config.configured);
  request.environment = {{"BIRL_SET", ""}};
  EXPECT_TRUE(load_config(request).config.configured);
}

TEST(LoadTest, ProblemsOfAllSourcesAreToldInTheirOrder) {
  const TemporaryDirectory directory;
  LoadRequest request;
  request.config_paths = {directory.write("z.toml", "a b\n"),
                          directory.write("a.toml", "service.web.command = 1\n")};
  const Words lines = problem_lines(load_config(request));
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with(directory.path() + "/z.toml:1:3: cannot parse")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with(directory.path() + "/a.toml:1:23: cannot read")) << lines[1];
}

TEST(LoadTest, AsManyProblemsAsThereAreAreTold) {
  std::string toml;
  for (int index = 0; index < 500; ++index) {
    toml += "service.s" + std::to_string(index) + ".comand = ['x']\n";
  }
  EXPECT_EQ(load_text(toml).problems.size(), 1000U);  // the unknown key and the absent command
}

TEST(LoadTest, TooManyServicesAreAnError) {
  std::string toml = "[service]\n";
  for (std::size_t index = 0; index <= LoadLimits::kServicesMax; ++index) {
    toml += "s" + std::to_string(index) + " = {command = ['x']}\n";
  }
  EXPECT_EQ(problem_lines(load_text(toml)),
            Words{"BIRL_SET:1:1: cannot have 1025 tables [service.NAME]: 1024 is the most"});
}

TEST(LoadTest, ASecretIsNotPrintedInAnyMessage) {
  const TemporaryDirectory directory;
  const std::string secret = "${file:" + directory.write("secret", "s3cret") + "}";
  for (const char* key :
       {"service.web.nice", "service.web.primary", "service.web.umask", "service.web.type",
        "service.web.stop.timeout", "service.web.ring.size", "service.web.stop.signal",
        "service.web.log", "service.web.backoff.factor", "sink.files.path", "sink.files.mode",
        "birl.exit_code", "birl.signals.HUP", "sink.files.services"}) {
    const std::string name(key);
    const bool is_list = name.ends_with("log") || name.ends_with("services");
    const LoadedConfig loaded =
        load_text("service.web.command = ['web']\nsink.files.type = 'file'\n" + name + " = " +
                  (is_list ? "['" : "'") + secret + (is_list ? "']" : "'"));
    ASSERT_FALSE(loaded.problems.empty()) << key;
    EXPECT_EQ(loaded.problems[0].message.find("s3cret"), std::string::npos)
        << loaded.problems[0].message;
  }
}

}  // namespace
}  // namespace supervisor
