// Lumberjack v2 on the wire: the bytes of protocol card 3.3, and what acknowledgements mean.
#include "shippers/logstash/lumberjack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shippers/big_endian.h"
#include "shippers/http/gzip.h"
#include "shippers/vendors/ecs_line.h"

namespace shippers {
namespace {

using logging::Compress;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

StreamRequest request_of(std::uint64_t id, const std::vector<std::string>& events) {
  StreamRequest request;
  request.id = id;
  for (const std::string& event : events) {
    request.bytes += event;
    request.ends.push_back(request.bytes.size());
  }
  return request;
}

std::string bytes_of(std::string_view hexadecimal) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hexadecimal.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hexadecimal.substr(at, 2)), nullptr, 16));
  }
  return bytes;
}

std::string written(Lumberjack& lumberjack, const StreamRequest& request) {
  std::string out;
  lumberjack.write(request, out);
  return out;
}

base::Result<void> hear(Lumberjack& lumberjack, std::string input) {
  std::string out;
  auto heard = lumberjack.read(input, out);
  EXPECT_EQ(out, "");
  return heard;
}

std::string acknowledgement(std::uint32_t sequence) {
  std::string bytes = "2A";
  append_big_endian(bytes, sequence);
  return bytes;
}

TEST(LumberjackTest, AWindowIsThatOfTheCard) {
  Lumberjack lumberjack(Compress::kNone);
  EXPECT_EQ(written(lumberjack, request_of(1, {R"({"message":"hi"})"})),
            bytes_of("325700000001324a00000001000000107b226d657373616765223a226869227d"));
}

TEST(LumberjackTest, AllEventsOfAWindowAreInOneCompressedFrame) {
  Lumberjack plain(Compress::kNone);
  Lumberjack packing(Compress::kGzip);
  const StreamRequest request = request_of(1, {"{\"a\":1}", "{\"b\":2}"});
  const std::string frames = written(plain, request).substr(6);
  std::string expected = bytes_of("3257000000023243");
  append_big_endian(expected, static_cast<std::uint32_t>(zlib(frames).size()));
  EXPECT_EQ(written(packing, request), expected + zlib(frames));
}

TEST(LumberjackTest, APartIsArrivedAndTheEndConfirms) {
  Lumberjack lumberjack(Compress::kGzip);
  written(lumberjack, request_of(7, {"{}", "{}", "{}"}));
  written(lumberjack, request_of(8, {"{}"}));
  EXPECT_TRUE(hear(lumberjack, acknowledgement(0)));
  EXPECT_TRUE(hear(lumberjack, acknowledgement(2)));
  EXPECT_THAT(lumberjack.take_confirmed(), IsEmpty());
  EXPECT_EQ(lumberjack.confirmed_messages(7), 2U);
  EXPECT_EQ(lumberjack.confirmed_messages(8), 0U);
  EXPECT_TRUE(hear(lumberjack, acknowledgement(3) + acknowledgement(1)));
  EXPECT_THAT(lumberjack.take_confirmed(), ElementsAre(7, 8));
}

TEST(LumberjackTest, HalfAnAnswerWaitsForItsRest) {
  Lumberjack lumberjack(Compress::kGzip);
  written(lumberjack, request_of(7, {"{}"}));
  std::string input = acknowledgement(1).substr(0, 5);
  std::string out;
  EXPECT_TRUE(lumberjack.read(input, out));
  EXPECT_EQ(input.size(), 5U);
  input += acknowledgement(1).substr(5);
  EXPECT_TRUE(lumberjack.read(input, out));
  EXPECT_THAT(lumberjack.take_confirmed(), ElementsAre(7));
}

TEST(LumberjackTest, WhatNobodySentIsNotBelieved) {
  Lumberjack lumberjack(Compress::kGzip);
  EXPECT_FALSE(hear(lumberjack, acknowledgement(1)));
  written(lumberjack, request_of(7, {"{}"}));
  EXPECT_THAT(hear(lumberjack, acknowledgement(2)).error().message,
              HasSubstr("the receiver acknowledges event 2 of 1"));
  EXPECT_THAT(hear(lumberjack, "HTTP/1.1 400").error().message, HasSubstr("is not Lumberjack"));
}

TEST(LumberjackTest, AnEventNamesItsIndexByItsMetadata) {
  std::string text;
  append_beats_line(
      {.service = "app", .host = "h", .time_ns = 1'704'164'645'678'000'000, .text = "hi"}, text);
  EXPECT_EQ(text,
            "{\"@timestamp\":\"2024-01-02T03:04:05.678Z\",\"message\":\"hi\",\"service\":{\"name\":"
            "\"app\"},\"host\":{\"name\":\"h\"},\"log\":{\"level\":\"info\",\"iostream\":"
            "\"stdout\"},\"@metadata\":"
            "{\"beat\":\"birl\",\"type\":\"_doc\",\"version\":\"" BIRL_VERSION "\"}}");
}

}  // namespace
}  // namespace shippers
