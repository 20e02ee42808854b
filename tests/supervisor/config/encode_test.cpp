#include "supervisor/config/encode.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"

namespace supervisor {
namespace {

Config make_config() {
  Config config;
  config.birl.host = "box";
  config.birl.exit_code = 3;
  ServiceConfig& web = config.services["web"];
  web.name = "web";
  web.command.argv = {"web", "--fast"};
  web.environment = {{"A", "1"}};
  web.log = std::vector<std::string>{"files"};
  config.services["api"].name = "api";
  logging::SinkConfig& files = config.sinks["files"];
  files.name = "files";
  files.type = logging::SinkType::kFile;
  files.file.path = "/x";
  return config;
}

base::Fd make_memory(std::size_t bytes) {
  return *base::make_memory_file("config", bytes, "/tmp");
}

TEST(EncodeTest, ConfigSurvivesTheMemoryFileAndGetsItsNames) {
  const base::Fd memory = make_memory(65'536);
  const Config config = make_config();
  ASSERT_TRUE(write_config(memory.get(), config));
  const auto read = read_config(memory.get());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode_config(*read), encode_config(config));
  EXPECT_EQ(read->services.at("web").name, "web");
  EXPECT_EQ(read->sinks.at("files").name, "files");
  EXPECT_EQ(read->sinks.at("files").file.path, "/x");
  EXPECT_EQ(read->services.at("web").log, std::vector<std::string>{"files"});
}

TEST(EncodeTest, AConfigurationThatDoesNotFitIsAnError) {
  const base::Fd memory = make_memory(64);
  const auto written = write_config(memory.get(), make_config());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, base::ErrorCode::kLimit);
}

TEST(EncodeTest, ALengthBeyondTheMemoryFileIsDamage) {
  const base::Fd memory = make_memory(4096);
  const std::uint64_t length = 4089;
  ASSERT_EQ(::pwrite(memory.get(), &length, sizeof(length), 0), 8);
  const auto read = read_config(memory.get());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, base::ErrorCode::kDamaged);
}

TEST(EncodeTest, EveryTruncationIsDamageAndNeverACrash) {
  const std::vector<std::byte> bytes = encode_config(make_config());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode_config(std::span(bytes).first(length))) << length;
  }
}

TEST(EncodeTest, AnEmptyFileIsDamage) {
  const base::Fd memory = make_memory(4096);
  ASSERT_FALSE(read_config(memory.get()));
}

}  // namespace
}  // namespace supervisor
