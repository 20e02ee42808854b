// The real birl-config in its role "load".
#include "supervisor/config_child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace supervisor {
namespace {

class ConfigChildTest : public testing::Test {
 protected:
  ConfigChildTest() {
    std::string pattern = "/tmp/config-child-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~ConfigChildTest() override { std::filesystem::remove_all(directory_); }

  base::Result<Config> load(const std::string& text, int kill_with = 0) {
    std::ofstream(directory_ + "/birl.toml") << text;
    RunOptions options;
    options.config_paths = {directory_ + "/birl.toml"};
    const base::Fd router(::open(CONFIG_READER, O_PATH | O_CLOEXEC));
    TRY_ASSIGN(const ConfigChild child, ConfigChild::start(launcher_, router.get(), options,
                                                           {"PATH=/bin"}, "/tmp", STDERR_FILENO));
    int status = 0;
    EXPECT_EQ(::waitpid(child.pid(), &status, 0), child.pid());
    launcher_.settle(child.pid());
    if (kill_with != 0) {
      return child.finish({.pid = child.pid(), .signal = kill_with});
    }
    EXPECT_TRUE(WIFEXITED(status));
    return child.finish({.pid = child.pid(), .exit_code = WEXITSTATUS(status)});
  }

  std::string directory_;
  base::Loop loop_;
  Launcher launcher_{loop_, std::nullopt};
};

TEST_F(ConfigChildTest, HandsOverWhatTheFilesSay) {
  const auto config = load("[service.web]\ncommand = [\"/bin/true\"]\nprimary = true\n");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->services.size(), 1U);
  EXPECT_TRUE(config->services.contains("web"));
}

TEST_F(ConfigChildTest, AWrongConfigurationIsInvalid) {
  const auto config = load("[service.web]\ncomand = [\"/bin/true\"]\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, base::ErrorCode::kInvalid);
}

TEST_F(ConfigChildTest, AChildThatDiedSaysNothingAboutTheConfiguration) {
  const auto config = load("[service.web]\ncommand = [\"/bin/true\"]\n", 9);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, base::ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace supervisor
