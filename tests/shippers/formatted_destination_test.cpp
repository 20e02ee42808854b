// `format` and `timestamp` across a network (logging/line_format.h): what destinations whose events
// are text get. Covers shippers/network/formatted_destination.h and shippers/lines/event_line.h.
#include "shippers/network/formatted_destination.h"

#include <gtest/gtest.h>

#include "shippers/lines/event_line.h"

namespace shippers {
namespace {

/// Says what it was given.
class TextDestination final : public Destination {
 public:
  [[nodiscard]] RequestLimits limits() const override { return {}; }
  void encode(const Line& line, std::string& /*key*/, std::string& text) const override {
    append_event_line(line, text);
  }
  void set_answer(Answer /*answer*/) override {}
  void send(std::uint64_t /*id*/, std::span<const SpoolEvent> /*events*/) override {}
  void refresh() override {}
};

constexpr std::uint64_t kTimeNs = 1'704'164'645'678'901'234;
constexpr Line kLine{.service = "web",
                     .host = "box",
                     .stream = logging::Stream::kStderr,
                     .time_ns = kTimeNs,
                     .text = "it \"broke\""};

std::string encode(std::optional<logging::SinkFormat> format,
                   std::optional<logging::Timestamp> timestamp, const Line& line = kLine) {
  logging::SinkConfig config;
  config.network.format = format;
  config.network.timestamp = timestamp;
  const FormattedDestination destination(config, "box", std::make_unique<TextDestination>());
  std::string key;
  std::string text;
  destination.encode(line, key, text);
  return text;
}

using logging::SinkFormat;
using logging::Timestamp;

TEST(FormattedDestinationTest, RawIsTheBareLine) {
  EXPECT_EQ(encode(SinkFormat::kRaw, std::nullopt), "it \"broke\"");
}

TEST(FormattedDestinationTest, ATimestampStandsBeforeIt) {
  EXPECT_EQ(encode(std::nullopt, Timestamp::kIso), "2024-01-02T03:04:05.678901234Z it \"broke\"");
  EXPECT_EQ(encode(SinkFormat::kRaw, Timestamp::kTai64n), "@4000000065937d2f287735f2 it \"broke\"");
}

TEST(FormattedDestinationTest, TextHasTimeServiceAndStream) {
  EXPECT_EQ(encode(SinkFormat::kText, std::nullopt),
            "2024-01-02T03:04:05.678901234Z web stderr it \"broke\"");
  EXPECT_EQ(encode(SinkFormat::kText, Timestamp::kNone), "web stderr it \"broke\"");
}

TEST(FormattedDestinationTest, JsonAndLogfmtAreThoseOfFiles) {
  logging::FieldList fields;
  fields.set("user", {"7", logging::ValueKind::kJson});
  Line line = kLine;
  line.fields = &fields;
  line.severity = logging::Severity::kWarn;
  EXPECT_EQ(encode(SinkFormat::kJson, std::nullopt, line),
            R"({"time":"2024-01-02T03:04:05.678901234Z","level":"warn","service":"web",)"
            R"("stream":"stderr","host":"box","message":"it \"broke\"","user":7})");
  EXPECT_EQ(encode(SinkFormat::kLogfmt, std::nullopt, line),
            R"(time=2024-01-02T03:04:05.678901234Z level=warn service=web stream=stderr host=box )"
            R"(message="it \"broke\"" user=7)");
}

TEST(EventLineTest, LinesOfOneRecordStayOneEvent) {
  Line line = kLine;
  line.text = "one\ntwo";
  EXPECT_EQ(encode(SinkFormat::kRaw, std::nullopt, line), "one\xE2\x80\xA8two");
  std::string usual;
  append_event_line(kLine, usual);
  EXPECT_TRUE(usual.starts_with(R"({"time":"2024-01-02T03:04:05.678Z","level":"error")")) << usual;
}

}  // namespace
}  // namespace shippers
