// Fluentd's forward protocol: the bytes and digests of protocol card 14, literally, and a strict
// receiver. shippers/forward/forward_format.cpp shippers/forward/forward_handshake.cpp
// shippers/forward/msgpack.cpp shippers/forward/hex.cpp shippers/forward/digest.cpp, and
// shippers/forward/digest_mbedtls.cpp in the static build.
#include "shippers/forward/forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shippers/forward/digest.h"
#include "shippers/forward/forward_handshake.h"
#include "shippers/forward/msgpack.h"

namespace shippers {
namespace {

using logging::Compress;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Line kLine{.service = "app",
                     .host = "h",
                     .stream = logging::Stream::kStdout,
                     .time_ns = 1'704'164'645'678'000'000,
                     .text = "hi"};

std::string bytes_of(std::string_view hexadecimal) {
  std::string bytes;
  std::string digits;
  for (const char c : hexadecimal) {
    digits += c == ' ' ? "" : std::string(1, c);
  }
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

StreamRequest request_of(std::uint64_t id, const std::string& entry, const std::string& tag) {
  StreamRequest request;
  request.id = id;
  request.key = tag;
  request.bytes = entry;
  request.ends.push_back(entry.size());
  return request;
}

std::string ack_of(const std::string& chunk) {
  std::string bytes;
  msgpack::append_map(bytes, 1);
  msgpack::append_text(bytes, "ack");
  msgpack::append_text(bytes, chunk);
  return bytes;
}

const std::string kEntry = bytes_of("92 d700 65937d25 28697580 81 a36c6f67 a26869");

TEST(ForwardTest, ARequestIsThePackedForwardOfTheCard) {
  Forward forward({}, Compress::kNone);
  ASSERT_TRUE(forward.is_ready());
  std::string out;
  forward.write(request_of(1, kEntry, "app.out"), out);
  const std::string chunk = chunk_name("app.out", kEntry);
  EXPECT_EQ(chunk.size(), 24U);
  EXPECT_EQ(hex(out), "93a7" + hex("app.out") + "c413" + hex(kEntry) + "82a4" + hex("size") + "01" +
                          "a5" + hex("chunk") + "b8" + hex(chunk));
}

TEST(ForwardTest, WhatIsAcknowledgedByNameIsConfirmedInAnyOrder) {
  Forward forward({}, Compress::kGzip);
  std::string out;
  forward.write(request_of(1, kEntry, "a"), out);
  forward.write(request_of(2, kEntry, "b"), out);
  std::string input = ack_of(chunk_name("b", kEntry)) + '\xC0';
  const std::string other = ack_of(chunk_name("a", kEntry));
  input += other.substr(0, 7);
  EXPECT_TRUE(forward.read(input, out));
  EXPECT_THAT(forward.take_confirmed(), ElementsAre(2));
  EXPECT_EQ(input, other.substr(0, 7)) << "half an answer waits for the rest";
  input += other.substr(7);
  EXPECT_TRUE(forward.read(input, out));
  EXPECT_THAT(forward.take_confirmed(), ElementsAre(1));
  input = ack_of("other");
  EXPECT_THAT(forward.read(input, out).error().message, HasSubstr("what it was not sent"));
}

TEST(ForwardTest, TheSameContentHasTheSameChunkName) {
  EXPECT_EQ(chunk_name("t", "x"), chunk_name("t", "x"));
  EXPECT_NE(chunk_name("t", "x"), chunk_name("u", "x"));
  EXPECT_NE(chunk_name("t", "x"), chunk_name("t", "y"));
}

ForwardIdentity identity() {
  return {.hostname = "client1",
          .shared_key = "s3cret",
          .username = "bob",
          .password = "pw",
          .salt = "0123456789abcdef"};
}

std::string helo(std::string_view auth) {
  std::string bytes;
  msgpack::append_array(bytes, 2);
  msgpack::append_text(bytes, "HELO");
  msgpack::append_map(bytes, 2);
  msgpack::append_text(bytes, "nonce");
  msgpack::append_binary(bytes, "fedcba9876543210");
  msgpack::append_text(bytes, "auth");
  msgpack::append_binary(bytes, auth);
  return bytes;
}

std::string pong(bool ok, std::string_view reason, std::string_view host, std::string_view digest) {
  std::string bytes;
  msgpack::append_array(bytes, 5);
  msgpack::append_text(bytes, "PONG");
  msgpack::append_boolean(bytes, ok);
  for (const std::string_view text : {reason, host, digest}) {
    msgpack::append_text(bytes, text);
  }
  return bytes;
}

constexpr std::string_view kPongDigest =
    "cb99140ecf84dc3e1fddb1803681015e467fccc679c845d386256d026740133637ab5e75d8543f15dcdba31710146f"
    "4481c4b230d47f7dde89d4edfffab7f995";

TEST(ForwardHandshakeTest, PingAndPongHaveTheDigestsOfTheCard) {
  Forward forward(identity(), Compress::kNone);
  EXPECT_FALSE(forward.is_ready());
  std::string input = helo("ABCDEFGHIJKLMNOP");
  std::string ping;
  ASSERT_TRUE(forward.read(input, ping));
  const auto said = msgpack::read_value(ping).value->first;
  EXPECT_EQ(said.text_at(0), "PING");
  EXPECT_EQ(said.text_at(1), "client1");
  EXPECT_EQ(said.text_at(2), "0123456789abcdef");
  EXPECT_EQ(said.text_at(3),
            "cb54eab5da38c47b99dd45720d91b2b794ff57f95c844289bd6bf1f7aca927ceeea6e9983d93631d2c1ba4"
            "d4e4668fe01658e89fde31f83edde98bbfa2277c16");
  EXPECT_EQ(said.text_at(4), "bob");
  EXPECT_EQ(said.text_at(5),
            "de675b40608b138eaeb117ed191618006cb4514789707e1715755d1860b8f28fd8a71822020dadd86dbb2a"
            "84c01d540e07eec00eeb50159139218c4282e9b42d");
  input = pong(true, "", "server1", kPongDigest);
  EXPECT_TRUE(forward.read(input, ping));
  EXPECT_TRUE(forward.is_ready());
}

TEST(ForwardHandshakeTest, OneWhoRefusesOrDoesNotKnowTheKeyParks) {
  const auto answered = [](const std::string& greeting, const std::string& answer) {
    Forward forward(identity(), Compress::kNone);
    std::string out;
    std::string input = greeting;
    EXPECT_TRUE(forward.read(input, out));
    input = answer;
    return forward.read(input, out).error();
  };
  const base::Error refused = answered(helo(""), pong(false, "shared_key mismatch", "", ""));
  EXPECT_EQ(refused.code, base::ErrorCode::kPermission);
  EXPECT_THAT(refused.message, HasSubstr("refuses us: shared_key mismatch"));
  EXPECT_THAT(answered(helo(""), pong(true, "", "server1", "00")).message,
              HasSubstr("does not know the shared key"));
  EXPECT_THAT(answered(helo(""), pong(true, "", "client1", kPongDigest)).message,
              HasSubstr("our own name"));
  EXPECT_EQ(answered(helo(""), pong(true, "", "server1", "00")).message.find("s3cret"),
            std::string::npos);
}

TEST(ForwardHandshakeTest, AUserThatIsAskedForAndAKeyThatIsNotSetAreTold) {
  ForwardIdentity nobody = identity();
  nobody.username = "";
  Forward asked(nobody, Compress::kNone);
  std::string out;
  std::string input = helo("ABCDEFGHIJKLMNOP");
  EXPECT_THAT(asked.read(input, out).error().message, HasSubstr("set username and password"));
  Forward keyless({}, Compress::kNone);
  input = helo("");
  EXPECT_THAT(keyless.read(input, out).error().message, HasSubstr("set shared_key"));
}

TEST(ForwardFormatTest, ALineIsAnEntryUnderItsTag) {
  logging::ForwardSinkConfig config;
  config.tag = "birl.{service}";
  const ForwardFormat format(config, Compress::kGzip);
  logging::FieldList fields;
  fields.set("n", {"5", logging::ValueKind::kJson});
  fields.set("host", {"edge", logging::ValueKind::kText});
  Line line = kLine;
  line.fields = &fields;
  line.severity = logging::Severity::kWarn;
  std::string key;
  std::string text;
  format.encode(line, key, text);
  EXPECT_EQ(key, "birl.app");
  EXPECT_EQ(hex(text), "92d70065937d252869758086a7" + hex("message") + "a2" + hex("hi") + "a5" +
                           hex("level") + "a4" + hex("warn") + "a7" + hex("service") + "a3" +
                           hex("app") + "a6" + hex("stream") + "a6" + hex("stdout") + "a1" +
                           hex("n") + "05" + "a4" + hex("host") + "a4" + hex("edge"));
  EXPECT_TRUE(format.is_one_key_a_request());
}

TEST(ForwardFormatTest, AKeyFileThatIsMissingIsTheFailureOfTheConnection) {
  logging::ForwardSinkConfig config;
  config.shared_key_file = "/no/such/key";
  const ForwardFormat format(config, Compress::kGzip);
  const auto dialogue = format.start_dialogue();
  ASSERT_TRUE(dialogue->failure());
  EXPECT_EQ(dialogue->failure()->code, base::ErrorCode::kPermission);
  EXPECT_THAT(dialogue->failure()->message, HasSubstr("/no/such/key"));
  EXPECT_FALSE(dialogue->is_ready());
}

TEST(MsgpackTest, ValuesAreWrittenInTheirShortestForm) {
  std::string out;
  msgpack::append_array(out, 16);
  msgpack::append_map(out, 15);
  msgpack::append_integer(out, -1);
  msgpack::append_nil(out);
  msgpack::append_number(out, 1.5);
  EXPECT_EQ(hex(out), "dc00108fd3ffffffffffffffffc0cb3ff8000000000000");
  out.clear();
  msgpack::append_binary(out, std::string(256, 'x'));
  EXPECT_EQ(hex(out.substr(0, 3)), "c50100");
  out.clear();
  msgpack::append_text(out, std::string(70'000, 'x'));
  EXPECT_EQ(hex(out.substr(0, 5)), "db00011170");
}

TEST(MsgpackTest, JsonOfAnyShapeBecomesValues) {
  std::string out;
  msgpack::append_json(out, R"({"a":[1,-2.5,"x",true,null]})");
  EXPECT_EQ(hex(out),
            "81a16195"
            "01"
            "cbc004000000000000"
            "a178"
            "c3"
            "c0");
  out.clear();
  msgpack::append_json(out, "no json");
  EXPECT_EQ(out, "\xA7no json");
}

TEST(MsgpackTest, HalfAValueIsIncompleteAndRubbishInvalid) {
  const std::string whole = helo("x");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto read = msgpack::read_value(std::string_view(whole).substr(0, bytes));
    EXPECT_FALSE(read.value);
    EXPECT_EQ(read.failure, msgpack::Failure::kIncomplete) << bytes;
  }
  EXPECT_EQ(msgpack::read_value(whole).value->second, whole.size());
  EXPECT_EQ(msgpack::read_value("\xC1").failure, msgpack::Failure::kInvalid);
  EXPECT_EQ(msgpack::read_value("\xDD\xFF\xFF\xFF\xFF").failure, msgpack::Failure::kInvalid);
  EXPECT_EQ(msgpack::read_value("\x91\x91\x91\x91\x91\x91").failure, msgpack::Failure::kInvalid);
}

TEST(DigestTest, ItIsSha512) {
  EXPECT_EQ(hex(sha512("abc")).substr(0, 32), "ddaf35a193617abacc417349ae204131");
  EXPECT_EQ(sha512("").size(), 64U);
}

}  // namespace
}  // namespace shippers
