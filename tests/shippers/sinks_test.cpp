#include "shippers/sinks.h"

#include <gtest/gtest.h>

#include "shippers/console/console_sink.h"
#include "shippers/file/file_sink.h"
#include "shippers/network/network_sink.h"
#include "tests/shippers/sink_world.h"

namespace shippers {
namespace {

class SinksTest : public testing::Test {
 protected:
  logging::SinkContext context() {
    return {.config = config_,
            .file_records = world_.records(),
            .report = report_,
            .state = world_.state(),
            .diag = diag_,
            .hang_watch = watch_,
            .dead_letters = letters_,
            .background = world_.background,
            .wake = [] {}};
  }

  SinkWorld world_;
  logging::RouterConfig config_;
  logging::SinkReport report_{world_.state()};
  logging::HangWatch watch_;
  logging::DeadLetters letters_;
  HttpClient client_;
  base::Diag diag_{2, base::DiagLevel::kError, ""};
};

TEST_F(SinksTest, EachTypeMakesItsSink) {
  config_.sinks.resize(2);
  config_.sinks[0].name = "files";
  config_.sinks[0].type = logging::SinkType::kFile;
  config_.sinks[1].name = "console";
  const auto file = make_sink(config_.sinks[0], context(), client_);
  ASSERT_TRUE(file);
  EXPECT_NE(dynamic_cast<FileSink*>(file->get()), nullptr);
  const auto console = make_sink(config_.sinks[1], context(), client_);
  ASSERT_TRUE(console);
  EXPECT_NE(dynamic_cast<ConsoleSink*>(console->get()), nullptr);
}

TEST_F(SinksTest, EveryTypeAcrossANetworkMakesANetworkSink) {
  for (std::size_t type = 0; type < enum_names(logging::SinkType{}).size(); ++type) {
    logging::SinkConfig config;
    config.name = "remote";
    config.type = static_cast<logging::SinkType>(type);
    config.syslog.address = "udp://h";
    config.papertrail.address = "tls://h:1";
    config.logstash.address = "tcp://h:1";
    config.gelf.address = "udp://h";
    config.forward.address = "tcp://h";
    if (is_network(config.type)) {
      const auto sink = make_sink(config, context(), client_);
      ASSERT_TRUE(sink) << type;
      EXPECT_NE(dynamic_cast<NetworkSink*>(sink->get()), nullptr) << type;
    }
  }
}

TEST_F(SinksTest, AWebhookOfLogentriesSpeaksHttp) {
  logging::SinkConfig config;
  config.name = "remote";
  config.type = logging::SinkType::kLogentries;
  config.logentries.address = "https://us.webhook.logs.insight.rapid7.com";
  EXPECT_TRUE(make_sink(config, context(), client_));
}

TEST_F(SinksTest, AWrongTemplateNamesTheSink) {
  config_.sinks.resize(1);
  config_.sinks[0].name = "files";
  config_.sinks[0].type = logging::SinkType::kFile;
  config_.sinks[0].file.path = "/l/{nobody}";
  const auto sink = make_sink(config_.sinks[0], context(), client_);
  ASSERT_FALSE(sink);
  EXPECT_TRUE(sink.error().message.starts_with("sink files: path: cannot use \"/l/{nobody}\""));
}

}  // namespace
}  // namespace shippers
