#include "shippers/sinks.h"

#include <gtest/gtest.h>

#include "shippers/console/console_sink.h"
#include "shippers/file/file_sink.h"
#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

class SinksTest : public testing::Test {
 protected:
  logging::SinkContext context() {
    return {.config = config_,
            .file_records = world_.records(),
            .report = report_,
            .diag = diag_,
            .background = world_.background,
            .wake = [] {}};
  }

  SinkWorld world_;
  logging::RouterConfig config_;
  logging::SinkReport report_{world_.state()};
  base::Diag diag_{2, base::DiagLevel::kError, ""};
};

TEST_F(SinksTest, EachTypeMakesItsSink) {
  config_.sinks.resize(2);
  config_.sinks[0].name = "files";
  config_.sinks[0].type = logging::SinkType::kFile;
  config_.sinks[1].name = "console";
  const logging::SinkFactory factory = make_sink;
  const auto file = factory(config_.sinks[0], context());
  ASSERT_TRUE(file);
  EXPECT_NE(dynamic_cast<FileSink*>(file->get()), nullptr);
  const auto console = factory(config_.sinks[1], context());
  ASSERT_TRUE(console);
  EXPECT_NE(dynamic_cast<ConsoleSink*>(console->get()), nullptr);
}

TEST_F(SinksTest, AWrongTemplateNamesTheSink) {
  config_.sinks.resize(1);
  config_.sinks[0].name = "files";
  config_.sinks[0].type = logging::SinkType::kFile;
  config_.sinks[0].file.path = "/l/{nobody}";
  const auto sink = make_sink(config_.sinks[0], context());
  ASSERT_FALSE(sink);
  EXPECT_TRUE(sink.error().message.starts_with("sink files: path: cannot use \"/l/{nobody}\""));
}

}  // namespace
}  // namespace shippers
