#include "supervisor/config/show.h"

#include <gtest/gtest.h>

#include "supervisor/config/toml_reader.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

TEST(ShowTest, EveryKeyHasItsOrigin) {
  const Node root = *parse_toml(
      "[sink.\"a b\"]\nn = 1.0\nt = [true, {x = 'q\"'}]\n[service]\n[birl.control]\nd = 07:32:00\n",
      "a.toml");
  EXPECT_EQ(show_config(root),
            "[birl.control]\nd = 07:32:00  # a.toml:6:1\n\n[service]\n\n"
            "[sink.\"a b\"]\nn = 1.0  # a.toml:2:1\nt = [true, { x = \"q\\\"\" }]  # a.toml:3:1\n");
}

TEST(ShowTest, SecretsAreMaskedWhereverTheyWent) {
  const TemporaryDirectory directory;
  const std::string file = directory.write("token", "s3cret\n");
  const LoadedConfig loaded = load_text(
      "[service.web]\ncommand = ['web', '--token=${TOKEN}', '${DEFAULTED:-${TOKEN}']\n"
      "environment = {TOKEN = '${file:" +
      file + "}', PLAIN = 'x'}\n");
  const std::string shown = show_config(loaded.merged);
  EXPECT_EQ(shown.find("s3cret"), std::string::npos) << shown;
  EXPECT_NE(shown.find("TOKEN = \"********\""), std::string::npos) << shown;
  EXPECT_NE(shown.find("PLAIN = \"x\""), std::string::npos) << shown;
}

TEST(ShowTest, WhatIsShownReadsBackAsTheSame) {
  const LoadedConfig loaded = load_text(
      "[defaults]\nnice = 3\n[service.web]\ncommand = 'web'\n[sink.files]\ntype = 'file'\n");
  const std::string shown = show_config(loaded.merged);
  const LoadedConfig again = load_text(shown);
  EXPECT_EQ(problem_lines(again), std::vector<std::string>{});
  EXPECT_EQ(again.config.services.at("web").nice, 3);
  EXPECT_NE(shown.find("nice = 3  # BIRL_SET:2:1"), std::string::npos) << shown;
  EXPECT_NE(shown.find("log = [\"console\"]  # (default)"), std::string::npos) << shown;
}

}  // namespace
}  // namespace supervisor
