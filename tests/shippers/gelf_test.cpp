// GELF on the wire, literally and against strict receivers: shippers/gelf/gelf_message.cpp
// shippers/gelf/gelf_format.cpp shippers/vendors/gelf.cpp.
#include "shippers/gelf/gelf_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "shippers/gelf/gelf_message.h"
#include "shippers/vendors/vendors.h"
#include "tests/support/strict_gelf.h"

namespace shippers {
namespace {

using support::find_gelf_problem;
using support::GelfChunks;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Line kLine{.service = "app",
                     .host = "h",
                     .stream = logging::Stream::kStdout,
                     .time_ns = 1'704'164'645'678'000'000,
                     .text = "hi"};

std::string message_of(const Line& line, std::string_view host = "{host}") {
  std::string text;
  append_gelf(line, host, text);
  EXPECT_EQ(find_gelf_problem(text), "");
  return text;
}

TEST(GelfMessageTest, ALineIsThatOfTheCard) {
  EXPECT_EQ(message_of(kLine),
            R"({"version":"1.1","host":"h","short_message":"hi","timestamp":1704164645.678,)"
            R"("level":6,"_service":"app","_stream":"stdout"})");
}

TEST(GelfMessageTest, WhatGelfForbidsIsWrittenOtherwise) {
  logging::FieldList fields;
  fields.set("id", {"7", logging::ValueKind::kJson});
  fields.set("a b", {"x", logging::ValueKind::kText});
  fields.set("ok", {"true", logging::ValueKind::kJson});
  fields.set("none", {"null", logging::ValueKind::kJson});
  fields.set("deep", {R"({"a":1})", logging::ValueKind::kJson});
  fields.set("stream", {"own", logging::ValueKind::kText});
  Line line = kLine;
  line.text = " \t";
  line.fields = &fields;
  line.severity = logging::Severity::kEmergency;
  EXPECT_EQ(message_of(line, "{service}@{host}"),
            R"({"version":"1.1","host":"app@h","short_message":"-","timestamp":1704164645.678,)"
            R"("level":0,"_service":"app","_id_":7,"_a_b":"x","_ok":"true","_deep":"{\"a\":1}",)"
            R"("_stream":"own"})");
}

/// What does not compress.
std::string noise(std::size_t bytes) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < bytes) {
    text += "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"[random() & 63U];
  }
  return text;
}

struct Datagrams {
  std::string bytes;
  std::vector<std::size_t> ends;
};

GelfChunks receive(const Datagrams& datagrams, std::size_t bytes_max) {
  GelfChunks chunks;
  std::size_t from = 0;
  for (const std::size_t end : datagrams.ends) {
    chunks.add(datagrams.bytes.substr(from, end - from), bytes_max, 0);
    from = end;
  }
  return chunks;
}

GelfFormat::Options udp(logging::Compress compress) {
  return {.config = {}, .over = base::Endpoint::Kind::kUdp, .compress = compress, .seed = 1};
}

TEST(GelfFormatTest, AMessageIsADatagramPackedOrNot) {
  for (const auto compress : {logging::Compress::kNone, logging::Compress::kGzip}) {
    GelfFormat format(udp(compress));
    Datagrams sent;
    format.append_datagrams(message_of(kLine), sent.bytes, sent.ends);
    EXPECT_EQ(sent.ends.size(), 1U);
    EXPECT_EQ(sent.bytes.starts_with('{'), compress == logging::Compress::kNone);
    const GelfChunks received = receive(sent, 1420);
    EXPECT_THAT(received.problems(), IsEmpty());
    EXPECT_THAT(received.messages(), ElementsAre(message_of(kLine)));
  }
}

TEST(GelfFormatTest, ALongOneGoesInChunks) {
  GelfFormat format(udp(logging::Compress::kGzip));
  Line line = kLine;
  const std::string text = noise(20'000);
  line.text = text;
  Datagrams sent;
  format.append_datagrams(message_of(line), sent.bytes, sent.ends);
  EXPECT_GT(sent.ends.size(), 10U);
  EXPECT_EQ(sent.bytes.substr(0, 2), "\x1e\x0f");
  EXPECT_EQ(sent.bytes.substr(10, 1), std::string(1, '\0'));
  const GelfChunks received = receive(sent, 1420);
  EXPECT_THAT(received.problems(), IsEmpty());
  EXPECT_EQ(received.chunked(), 1);
  EXPECT_THAT(received.messages(), ElementsAre(message_of(line)));
}

TEST(GelfFormatTest, TheLongestEventFitsIntoAHundredAndTwentyEightChunks) {
  GelfFormat format(udp(logging::Compress::kGzip));
  Datagrams sent;
  format.append_datagrams(noise(format.limits().event_bytes), sent.bytes, sent.ends);
  EXPECT_LE(sent.ends.size(), GelfLimits::kChunks);
  EXPECT_GT(sent.ends.size(), GelfLimits::kChunks / 2);
}

TEST(GelfFormatTest, OnAStreamANulEndsAMessage) {
  GelfFormat format({.config = {}, .over = base::Endpoint::Kind::kTcp});
  EXPECT_EQ(format.framing(), Framing::kNul);
  EXPECT_EQ(format.limits().event_bytes, GelfLimits::kFrameBytes);
}

TEST(StrictGelfTest, ItRefusesWhatGraylogWould) {
  EXPECT_NE(find_gelf_problem("[]"), "");
  EXPECT_NE(find_gelf_problem(R"({"version":"1.1","host":"h","timestamp":1,"level":1})"), "");
  GelfChunks chunks;
  std::string late =
      "\x1e\x0f"
      "01234567";
  late += '\0';
  late += '\2';
  chunks.add(late, 1420, 1);
  late[10] = '\1';
  chunks.add(late, 1420, 6'000'000'000);
  EXPECT_THAT(chunks.problems(), ElementsAre("a chunk comes too late"));
  EXPECT_FALSE(chunks.is_waiting());
}

TEST(GelfVendorTest, OverHttpADocumentIsARequest) {
  logging::SinkConfig config;
  config.type = logging::SinkType::kGelf;
  config.gelf.address = "http://h:12201/gelf";
  ASSERT_TRUE(is_http_vendor(config));
  const VendorValues values = *read_values(config);
  EXPECT_EQ(kGelf.url.expand_url(values), "http://h:12201/gelf");
  EXPECT_EQ(kGelf.limits.events, 1U);
  std::string key;
  std::string text;
  kGelf.encode(kLine, values, key, text);
  EXPECT_EQ(text, message_of(kLine));
  config.gelf.address = "udp://h";
  EXPECT_FALSE(is_http_vendor(config));
}

}  // namespace
}  // namespace shippers
