#include "supervisor/process/preparation.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/supervisor/process/spawn_harness.h"

namespace supervisor {
namespace {

using testing::Contains;

class PreparationTest : public testing::Test {
 protected:
  PreparationTest() {
    accounts_.passwd = directory_.write("passwd", "app:x:1234:1235:App:/home/app:/bin/bash\n");
    accounts_.group = directory_.write("group", "app:x:1235:\nlog:x:40:app\n");
  }

  [[nodiscard]] base::Result<Preparation> prepare(const ServiceConfig& config) const {
    return prepare_start({.config = config,
                          .container_environment = container_,
                          .environment_directory = directory_.path() + "/environment",
                          .socket_path = "/run/birl/control.sock",
                          .accounts = accounts_});
  }

  TemporaryDirectory directory_;
  AccountFiles accounts_;
  std::vector<std::string> container_{"PATH=/bin", "A=container"};
};

TEST_F(PreparationTest, FindsTheUserAndItsEnvironment) {
  ServiceConfig config;
  config.name = "web";
  config.user = "app";
  const auto prepared = prepare(config);
  ASSERT_TRUE(prepared) << prepared.error().message;
  ASSERT_TRUE(prepared->identity);
  EXPECT_EQ(prepared->identity->uid, 1234U);
  EXPECT_EQ(prepared->identity->gid, 1235U);
  EXPECT_EQ(prepared->identity->groups, (std::vector<gid_t>{40, 1235}));
  EXPECT_THAT(prepared->environment, Contains("HOME=/home/app"));
  EXPECT_THAT(prepared->environment, Contains("BIRL_SERVICE=web"));
}

TEST_F(PreparationTest, KnowsWhatNeedsNoFile) {
  ServiceConfig config;
  EXPECT_FALSE(touches_files(config));
  config.environment = {{"A", "1"}};
  EXPECT_FALSE(touches_files(config));
  config.directories.emplace_back().path = "/x";
  EXPECT_TRUE(touches_files(config));
  config = {};
  config.user = "0";
  EXPECT_TRUE(touches_files(config)) << "HOME stands in /etc/passwd";
}

TEST_F(PreparationTest, AnAnswerSurvivesTheWayThroughThePipe) {
  Preparation made;
  made.identity = Identity{.uid = 1, .gid = 2, .groups = {2, 3}};
  made.environment = {"A=$x \"%s\"\n", "EMPTY="};
  made.notes = {"cannot give /x to 1:2"};
  const auto decoded = decode_preparation(encode_preparation(made));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->identity->uid, 1U);
  EXPECT_EQ(decoded->identity->groups, (std::vector<gid_t>{2, 3}));
  EXPECT_EQ(decoded->environment, made.environment);
  EXPECT_EQ(decoded->notes, made.notes);
}

TEST_F(PreparationTest, AnErrorSurvivesItToo) {
  ServiceConfig config;
  config.user = "nobody-knows-her";
  const auto decoded = decode_preparation(encode_preparation(prepare(config)));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(decoded.error().message,
            "cannot find the user \"nobody-knows-her\" in " + accounts_.passwd);
  EXPECT_FALSE(decode_preparation({}));
}

TEST_F(PreparationTest, DirectoriesBelongToTheServicesUser) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "giving away needs root";
  }
  ServiceConfig config;
  config.user = "app";
  config.group = "log";
  config.directories.emplace_back().path = directory_.path() + "/data";
  ASSERT_TRUE(prepare(config));
  struct stat status {};
  ASSERT_EQ(::stat((directory_.path() + "/data").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 40U);
}

}  // namespace
}  // namespace supervisor
