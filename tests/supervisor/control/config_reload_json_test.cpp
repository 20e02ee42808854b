#include "supervisor/control/config_reload_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(ConfigReloadJsonTest, TellsWhatHasChanged) {
  ConfigReloadProgress progress;
  progress.added = {"worker"};
  progress.restarted = {"web", "db"};
  progress.later = {"birl.control"};
  progress.messages = {"birl.toml:1:1: a warning"};
  EXPECT_EQ(make_config_reload_json(progress, ""),
            R"({"ok":true,"added":["worker"],"removed":[],"restarted":["web","db"],"updated":[],)"
            R"("sinks":[],"live":[],"later":["birl.control"],)"
            R"("messages":["birl.toml:1:1: a warning"]})");
  EXPECT_EQ(describe_config_reload(progress),
            "added: worker\nrestarted: web db\nwaits until birl starts again: birl.control\n");
}

TEST(ConfigReloadJsonTest, TellsThatNothingHas) {
  EXPECT_EQ(describe_config_reload({}), "nothing has changed\n");
}

TEST(ConfigReloadJsonTest, AnErrorBringsWhatWasSaid) {
  ConfigReloadProgress progress;
  progress.error = base::Error{
      .code = base::ErrorCode::kInvalid, .sys_errno = 0, .message = "cannot reload: it is wrong"};
  progress.messages = {"a:1:1: cannot x", "b:2:2: cannot y"};
  EXPECT_EQ(make_config_reload_json(progress, ""),
            R"({"error":"cannot reload: it is wrong\na:1:1: cannot x\nb:2:2: cannot y",)"
            R"("code":"invalid"})");
}

TEST(ConfigReloadJsonTest, TroubleOfServicesIsAnErrorThatSaysWhatIsInEffect) {
  ConfigReloadProgress progress;
  progress.restarted = {"web"};
  EXPECT_THAT(
      make_config_reload_json(progress, "web: exited with code 1"),
      testing::StartsWith(R"({"error":"the configuration is in effect, but web: exited with)"));
}

}  // namespace
}  // namespace supervisor
