// Reading the configuration again in a real child, the birl-config of the build.
#include "supervisor/config_reload.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/config/validate.h"

namespace supervisor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigReloadTest : public testing::Test {
 protected:
  base::Result<ConfigChild> load(int message_fd) {
    const base::Fd router(::open(CONFIG_READER, O_PATH | O_CLOEXEC));
    TRY_ASSIGN(ConfigChild child, ConfigChild::start(launcher_, router.get(), {},
                                                     {"BIRL_SET=" + text_}, "/tmp", message_fd));
    pid_ = child.pid();
    return child;
  }
  base::Result<ConfigDiff> apply(Config config) {
    applied_.push_back(std::move(config));
    return base::Result<ConfigDiff>(ConfigDiff{.added = {"web"},
                                               .removed = {},
                                               .restarted = {},
                                               .updated = {},
                                               .sinks = {},
                                               .live = {},
                                               .later = {"birl.control"}});
  }
  void let_child_end() {
    int status = 0;
    ASSERT_EQ(::waitpid(pid_, &status, 0), pid_);
    launcher_.settle(pid_);
    EXPECT_FALSE(reload_.on_child_exited({.pid = pid_ + 1}));
    EXPECT_TRUE(reload_.on_child_exited(
        {.pid = pid_, .exit_code = WEXITSTATUS(status), .signal = WTERMSIG(status)}));
  }
  void reload(std::string text) {
    text_ = std::move(text);
    ASSERT_TRUE(reload_.begin());
    let_child_end();
  }
  std::string said() const {
    std::string text(4096, '\0');
    text.resize(static_cast<std::size_t>(::pread(said_.get(), text.data(), text.size(), 0)));
    return text.c_str();
  }

  std::string text_;
  pid_t pid_ = 0;
  int ended_ = 0;
  std::vector<Config> applied_;
  base::Loop loop_;
  base::Fd said_ = *base::make_memory_file("said", 4096, "/tmp");
  base::Diag diag_{said_.get(), base::DiagLevel::kDebug, ""};
  Launcher launcher_{loop_, std::nullopt};
  ConfigReload reload_{{.loop = loop_,
                        .diag = diag_,
                        .fallback_directory = "/tmp",
                        .load = [this](int message_fd) { return load(message_fd); },
                        .apply = [this](Config config) { return apply(std::move(config)); },
                        .ended = [this] { ++ended_; }}};
};

TEST_F(ConfigReloadTest, WhatIsReadIsAppliedAndTold) {
  reload("service.web.command = ['/bin/true']");
  ASSERT_EQ(applied_.size(), 1U);
  EXPECT_TRUE(applied_[0].services.contains("web"));
  EXPECT_EQ(reload_.progress().ended, 1U);
  EXPECT_FALSE(reload_.progress().under_way);
  EXPECT_FALSE(reload_.progress().error);
  EXPECT_THAT(reload_.progress().added, ElementsAre("web"));
  EXPECT_EQ(ended_, 1);
  EXPECT_THAT(said(), HasSubstr("read again: 1 added, 0 removed"));
  EXPECT_THAT(said(), HasSubstr("wait until birl starts again: birl.control"));
}

TEST_F(ConfigReloadTest, AWrongConfigurationIsToldAndNotApplied) {
  reload("service.web.comand = ['/bin/true']");
  EXPECT_THAT(applied_, IsEmpty());
  ASSERT_TRUE(reload_.progress().error);
  EXPECT_EQ(reload_.progress().error->code, base::ErrorCode::kInvalid);
  EXPECT_THAT(reload_.progress().error->message, HasSubstr("nothing was changed"));
  EXPECT_THAT(reload_.progress().messages, testing::Contains(HasSubstr("did you mean")));
  EXPECT_THAT(said(), HasSubstr("did you mean"));
  EXPECT_EQ(ended_, 1);
}

TEST_F(ConfigReloadTest, TheNextOneForgetsTheLast) {
  reload("nonsense");
  reload("service.web.command = ['/bin/true']");
  EXPECT_EQ(reload_.progress().ended, 2U);
  EXPECT_FALSE(reload_.progress().error);
  EXPECT_THAT(reload_.progress().messages, IsEmpty());
}

TEST_F(ConfigReloadTest, OneAtATime) {
  text_ = "service.web.command = ['/bin/true']";
  ASSERT_TRUE(reload_.begin());
  EXPECT_FALSE(reload_.begin());
  EXPECT_TRUE(reload_.progress().under_way);
  let_child_end();
  EXPECT_EQ(applied_.size(), 1U);
}

TEST_F(ConfigReloadTest, AChildThatDiedChangesNothing) {
  text_ = "service.web.command = ['/bin/true']";
  ASSERT_TRUE(reload_.begin());
  EXPECT_TRUE(reload_.on_child_exited({.pid = pid_, .exit_code = 0, .signal = 9}));
  EXPECT_THAT(applied_, IsEmpty());
  EXPECT_EQ(reload_.progress().error->code, base::ErrorCode::kUnavailable);
  ::waitpid(pid_, nullptr, 0);
  launcher_.settle(pid_);
}

}  // namespace
}  // namespace supervisor
