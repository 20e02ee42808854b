#include "logging/format/record_format.h"

#include <random>

#include "logging/format/json_text.h"
#include "logging/format/text_buffer.h"
#include "logging/format/time_text.h"
#include "logging/parse/json_fields.h"
#include "logging/parse/logfmt.h"
#include "tests/logging/field_text.h"

namespace logging {
namespace {

constexpr std::uint64_t kTime = 1'704'164'645'678'901'234;  // 2024-01-02T03:04:05.678901234Z

Record make_record(std::string_view message) {
  Record record;
  record.service = "web";
  record.time_ns = kTime;
  record.severity = Severity::kWarn;
  record.raw = {message, ValueKind::kText};
  record.message = record.raw;
  return record;
}

std::string format(RecordFormat format, const Record& record) {
  RecordFormatter formatter(format, "h");
  TextBuffer out;
  formatter.append(record, out);
  return std::string(out.text());
}

TEST(RecordFormatTest, JsonHasTheRecordThenItsFields) {
  Record record = make_record("say \"hi\"\n");
  record.fields.set("user", {"7", ValueKind::kJson}, true);
  record.fields.set("na\"me", {"x", ValueKind::kPlain});
  EXPECT_EQ(format(RecordFormat::kJson, record),
            R"({"time":"2024-01-02T03:04:05.678901234Z","level":"warn","service":"web",)"
            R"("stream":"stdout","host":"h","message":"say \"hi\"\n","user":7,"na\"me":"x"})"
            "\n");
}

TEST(RecordFormatTest, TheApplicationsFieldsWin) {
  Record record = make_record("m");
  for (const std::string_view name : {"time", "level", "service", "stream", "host", "message"}) {
    record.fields.set(name, {"mine", ValueKind::kPlain}, true);
  }
  EXPECT_EQ(format(RecordFormat::kJson, record),
            R"({"time":"mine","level":"mine","service":"mine","stream":"mine","host":"mine",)"
            R"("message":"mine"})"
            "\n");
}

TEST(RecordFormatTest, AParsedRecordWithoutAMessageHasNone) {
  Record record = make_record("");
  EXPECT_THAT(format(RecordFormat::kJson, record), testing::HasSubstr(R"("message":"")"));
  record.origin = TextOrigin::kJson;
  EXPECT_THAT(format(RecordFormat::kJson, record), testing::Not(testing::HasSubstr("message")));
  EXPECT_THAT(format(RecordFormat::kLogfmt, record), testing::Not(testing::HasSubstr("message")));
}

TEST(RecordFormatTest, LogfmtQuotesWhatItMust) {
  Record record = make_record("two\nlines");
  record.fields.set("plain", {"x-1.5", ValueKind::kText});
  record.fields.set("bad name=", {"", ValueKind::kText});
  record.fields.set("obj", {R"({"a":1})", ValueKind::kJson});
  EXPECT_EQ(format(RecordFormat::kLogfmt, record),
            R"(time=2024-01-02T03:04:05.678901234Z level=warn service=web stream=stdout host=h )"
            R"(message="two\nlines" plain=x-1.5 bad_name_="" obj="{\"a\":1}")"
            "\n");
}

TEST(RecordFormatTest, TextIsTheRawText) {
  EXPECT_EQ(format(RecordFormat::kText, make_record("as it was")), "as it was\n");
}

TEST(TimeTextTest, KeepsNothingOfAnotherSecond) {
  TimeText time;
  EXPECT_EQ(time.write(kTime), "2024-01-02T03:04:05.678901234Z");
  EXPECT_EQ(time.write(kTime + 1), "2024-01-02T03:04:05.678901235Z");
  EXPECT_EQ(time.write(0), "1970-01-01T00:00:00.000000000Z");
}

std::string random_bytes(std::mt19937& random) {
  std::string text;
  for (std::size_t left = random() % 40; left > 0; --left) {
    switch (random() % 4) {
      case 0:
        text += static_cast<char>(random() % 256);
        break;
      case 1:
        text += "\"\\\n\x01\x7f\xc3\xa9"[random() % 7];
        break;
      default:
        text += static_cast<char>('a' + random() % 26);
    }
  }
  return text;
}

/// What JSON output says is read back as the same text, or with U+FFFD where it was no UTF-8.
TEST(RecordFormatTest, JsonIsAlwaysReadBack) {
  std::mt19937 random(1);
  JsonParser parser;
  for (int round = 0; round < 5'000; ++round) {
    const std::string name = "k" + random_bytes(random);
    const std::string text = random_bytes(random);
    Record record = make_record(text);
    record.fields.set(name, {text, ValueKind::kText});
    const std::string line = format(RecordFormat::kJson, record);
    Arena arena;
    FieldList fields;
    ASSERT_EQ(parser.parse(line, arena, fields), "") << line;
    std::string quoted;
    base::append_json_string(quoted, text);
    std::string back;
    base::append_json_string(back, fields.find("message")->value.text);
    ASSERT_EQ(back, quoted);
  }
}

TEST(RecordFormatTest, LogfmtIsReadBackByteByByte) {
  std::mt19937 random(2);
  for (int round = 0; round < 5'000; ++round) {
    const std::string text = random_bytes(random);
    const std::string line = format(RecordFormat::kLogfmt, make_record(text));
    Arena arena;
    FieldList fields;
    ASSERT_EQ(parse_logfmt(std::string_view(line).substr(0, line.size() - 1), arena, fields), "")
        << line;
    ASSERT_EQ(fields.find("message")->value.text, text);
  }
}

TEST(JsonTextTest, AgreesWithTheSlowTwin) {
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    const std::string text = random_bytes(random);
    TextBuffer out;
    append_json_text(out, text);
    std::string slow;
    base::append_json_string(slow, text);
    ASSERT_EQ(out.text(), slow);
    const bool plain = slow == "\"" + text + "\"" &&
                       std::ranges::all_of(text, [](char c) { return c > 0 && c != '\x7f'; });
    ASSERT_TRUE(!is_plain_ascii(text) || slow == "\"" + text + "\"") << text;
    ASSERT_TRUE(!plain || is_plain_ascii(text)) << text;
  }
}

}  // namespace
}  // namespace logging
