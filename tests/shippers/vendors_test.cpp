// What each vendor puts on the wire and how it reads answers: the protocol cards, literally.
// shippers/vendors/elasticsearch.cpp shippers/vendors/http.cpp shippers/vendors/logentries.cpp
// shippers/vendors/loggly.cpp shippers/vendors/logstash.cpp shippers/vendors/loki.cpp. How fast
// they are says bench/ship_bench.cpp.
#include "shippers/vendors/vendors.h"

#include <gtest/gtest.h>

#include "shippers/network/line.h"
#include "shippers/vendors/json_fields.h"
#include "shippers/vendors/json_line.h"
#include "shippers/vendors/label_template.h"
#include "shippers/vendors/placeholders.h"
#include "shippers/vendors/vendor.h"
#include "tests/support/temporary_directory.h"

namespace shippers {
namespace {

constexpr Line kLine{.service = "app",
                     .host = "h",
                     .stream = logging::Stream::kStderr,
                     .time_ns = 1'704'164'645'678'000'000,
                     .ordinal = 3,
                     .ring_id = 0xAB,
                     .position = 0x40,
                     .text = "hi \"you\"\x01\xFF"};

struct Encoded {
  std::string key;
  std::string text;
};

Encoded encode(const Vendor& vendor, const VendorValues& values = {}, const Line& line = kLine) {
  Encoded encoded;
  vendor.encode(line, values, encoded.key, encoded.text);
  return encoded;
}

HttpResponse reply(int status, std::string body = "") {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

static_assert(is_template("{url}/bulk/{token}/tag/{tags}/"));
static_assert(!is_template("{url}/bulk/{tokn}"), "what a descriptor's constructor refuses");
static_assert(!is_template("{url"));

TEST(TemplateTest, PlaceholdersAreEncodedInUrlsAndPlainInHeaders) {
  VendorValues values;
  values.url = "https://h/x";
  values.token = "a b/c";
  constexpr Template kTemplate{"{url}/{token}"};
  EXPECT_EQ(kTemplate.expand_url(values), "https://h/x/a%20b%2Fc");
  EXPECT_EQ(kTemplate.expand(values), "https://h/x/a b/c");
  EXPECT_FALSE(kTemplate.has_blank(values));
  EXPECT_TRUE(Template("{tenant}").has_blank(values));
}

TEST(LabelTemplateTest, NamesAreReplacedAndDoubledBracesAreBraces) {
  EXPECT_EQ(expand_label("{service}/{stream}@{host} {{x}}", kLine), "app/stderr@h {x}");
}

TEST(HttpVendorTest, NdjsonIsAnObjectALine) {
  EXPECT_EQ(encode(kHttpNdjson).text,
            "{\"time\":\"2024-01-02T03:04:05.678Z\",\"level\":\"error\",\"service\":\"app\","
            "\"stream\":\"stderr\","
            "\"host\":\"h\",\"message\":\"hi \\\"you\\\"\\u0001\xEF\xBF\xBD\"}\n");
}

TEST(HttpVendorTest, AJsonArrayHasCommasBetweenAndNoneBehind) {
  const std::vector<SpoolEvent> events{{.key = {}, .text = "{\"a\":1}"},
                                       {.key = {}, .text = "{\"a\":2}"}};
  EXPECT_EQ(body_of(kHttpJsonArray, events), "[{\"a\":1},{\"a\":2}]");
  EXPECT_EQ(encode(kHttpText).text, std::string(kLine.text) + "\n");
}

/// A record with a field that has the name of a key of ours.
struct RecordLine {
  RecordLine() {
    fields.set("status", {"500", logging::ValueKind::kJson});
    fields.set("host", {"edge", logging::ValueKind::kText});
    line.text = "done";
    line.raw = R"({"msg":"done","status":500})";
    line.severity = logging::Severity::kWarn;
    line.fields = &fields;
  }

  logging::FieldList fields;
  Line line = kLine;
};

TEST(RecordLineTest, FieldsFollowInJsonAndWin) {
  const RecordLine record;
  EXPECT_EQ(encode(kHttpNdjson, {}, record.line).text,
            "{\"time\":\"2024-01-02T03:04:05.678Z\",\"level\":\"warn\",\"service\":\"app\","
            "\"stream\":\"stderr\",\"message\":\"done\",\"status\":500,\"host\":\"edge\"}\n");
  EXPECT_EQ(encode(kHttpText, {}, record.line).text, std::string(record.line.raw) + "\n");
}

TEST(RecordLineTest, NoFieldMakesAnObjectOfElasticsearchAText) {
  const RecordLine record;
  const std::string text = encode(kElasticsearch, {}, record.line).text;
  EXPECT_NE(text.find("\"host\":{\"name\":\"h\"}"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(",\"status\":500,\"labels\":{\"host\":\"edge\"}}\n")) << text;
}

TEST(RecordLineTest, WhatNobodyLookedForIsFoundInTheText) {
  Line line = kLine;
  EXPECT_EQ(severity_of(line), logging::Severity::kError) << "on stderr";
  line.text = "WARN: disk";
  EXPECT_EQ(severity_of(line), logging::Severity::kWarn);
  EXPECT_TRUE(has_field(RecordLine().line, "status"));
  EXPECT_FALSE(has_field(line, "status"));
}

TEST(LogglyTest, TheRequestIsThatOfTheBulkEndpoint) {
  logging::SinkConfig config;
  config.type = logging::SinkType::kLoggly;
  config.loggly.token.text = "11111111-2222-3333-4444-555555555555";
  config.loggly.tags = {"{service}", "prod"};
  VendorValues values = *read_values(config);
  const Encoded encoded = encode(kLoggly, values);
  EXPECT_EQ(encoded.key, "app,prod");
  EXPECT_TRUE(encoded.text.starts_with("{\"timestamp\":\"2024-01-02T03:04:05.678Z\""));
  EXPECT_TRUE(encoded.text.ends_with("}\n"));
  values.tags = encoded.key;
  EXPECT_EQ(kLoggly.url.expand_url(values),
            "https://logs-01.loggly.com/bulk/11111111-2222-3333-4444-555555555555/tag/app,prod/");
}

TEST(LogglyTest, OnlyItsOwnTwoHundredIsSuccess) {
  EXPECT_EQ(kLoggly.classify(reply(200, "{\"response\" : \"ok\"}"), 1), Outcome{});
  EXPECT_EQ(kLoggly.classify(reply(200, "<html>ok</html>"), 1).verdict, Verdict::kRetry);
  EXPECT_EQ(kLoggly.classify(reply(403), 1).verdict, Verdict::kPark);
  EXPECT_EQ(kLoggly.classify(reply(413), 1).verdict, Verdict::kSplit);
}

TEST(LokiTest, EventsAreGroupedByTheirLabels) {
  VendorValues values;
  values.labels = {{"app", "{service}"}, {"stream", "{stream}"}};
  Line other = kLine;
  other.service = "db";
  other.text = "x";
  const Encoded first = encode(kLoki, values);
  const Encoded second = encode(kLoki, values, other);
  EXPECT_EQ(first.key, "{\"app\":\"app\",\"stream\":\"stderr\"}");
  EXPECT_EQ(second.text, "[\"1704164645678000003\",\"x\"]");
  const std::vector<SpoolEvent> events{{.key = second.key, .text = second.text},
                                       {.key = first.key, .text = first.text},
                                       {.key = second.key, .text = second.text}};
  EXPECT_EQ(body_of(kLoki, events), "{\"streams\":[{\"stream\":" + second.key + ",\"values\":[" +
                                        second.text + "," + second.text + "]},{\"stream\":" +
                                        first.key + ",\"values\":[" + first.text + "]}]}");
}

TEST(LokiTest, WhatFailsItsChecksIsNotSentAgain) {
  EXPECT_EQ(kLoki.classify(reply(204), 3).verdict, Verdict::kAccepted);
  EXPECT_EQ(kLoki.classify(reply(260), 3).verdict, Verdict::kPark);
  const Outcome bad = kLoki.classify(reply(400, "too far behind"), 3);
  EXPECT_EQ(bad.verdict, Verdict::kReject);
  EXPECT_FALSE(bad.is_divisible);
  EXPECT_EQ(bad.reason, "cannot send: HTTP status 400: too far behind");
}

TEST(ElasticsearchTest, AnEventIsAnActionAndADocument) {
  EXPECT_EQ(encode(kElasticsearch).text,
            "{\"create\":{\"_id\":\"ab-40\"}}\n{\"@timestamp\":\"2024-01-02T03:04:05.678Z\","
            "\"message\":\"hi \\\"you\\\"\\u0001\xEF\xBF\xBD\",\"service\":{\"name\":\"app\"},"
            "\"host\":{\"name\":\"h\"},\"log\":{\"level\":\"error\",\"iostream\":\"stderr\"}}\n");
}

TEST(ElasticsearchTest, ItemsHaveVerdictsOfTheirOwn) {
  const Outcome outcome = kElasticsearch.classify(
      reply(200, R"({"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409}},)"
                 R"({"create":{"status":429}},{"create":{"status":400,"error":{"type":"mapper"}}},)"
                 R"({"create":{"status":403}}]})"),
      5);
  EXPECT_EQ(outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(outcome.exceptions,
            (std::vector<EventVerdict>{
                {2, Verdict::kRetry}, {3, Verdict::kReject}, {4, Verdict::kPark}}));
}

TEST(ElasticsearchTest, AnAnswerThatIsNotWholeIsNoSuccess) {
  EXPECT_EQ(kElasticsearch.classify(reply(200, R"({"errors":false})"), 9).verdict,
            Verdict::kAccepted);
  for (const char* body :
       {"", "{\"errors\":true,\"items\":[{\"create\":{\"sta", "{\"errors\":true,\"items\":[]}",
        "<html>", "{\"errors\":true,\"items\":[{\"create\":{}},{\"create\":{\"status\":201}}]}"}) {
    const Outcome outcome = kElasticsearch.classify(reply(200, body), 2);
    EXPECT_EQ(outcome.verdict, Verdict::kRetry) << body;
    EXPECT_TRUE(outcome.exceptions.empty()) << body;
  }
}

TEST(LogentriesTest, TheWebhookTakesOneEventARequest) {
  EXPECT_EQ(kLogentries.limits.events, 1U);
  EXPECT_EQ(kLogentries.classify, nullptr);
  logging::SinkConfig config;
  config.type = logging::SinkType::kLogentries;
  config.logentries.address = "https://eu.webhook.logs.insight.rapid7.com/";
  config.logentries.token.text = "0123";
  EXPECT_EQ(vendor_of(config).url.expand_url(*read_values(config)),
            "https://eu.webhook.logs.insight.rapid7.com/v1/noformat/0123");
  EXPECT_TRUE(encode(kLogentries).text.ends_with("}"));
}

TEST(LogstashTest, TheHttpInputTakesAnArrayOfObjects) {
  logging::SinkConfig config;
  config.type = logging::SinkType::kLogstash;
  config.logstash.protocol = logging::LogstashProtocol::kHttp;
  config.logstash.address = "http://h:8080/in";
  EXPECT_TRUE(is_http_vendor(config));
  EXPECT_EQ(vendor_of(config).url.expand_url(*read_values(config)), "http://h:8080/in");
  const Encoded first = encode(kLogstash);
  EXPECT_TRUE(first.text.starts_with("{\"@timestamp\":\"2024-01-02T03:04:05.678Z\",\"message\":"));
  const std::vector<SpoolEvent> events{{.key = {}, .text = "{}"}, {.key = {}, .text = "{}"}};
  EXPECT_EQ(body_of(kLogstash, events), "[{},{}]");
}

TEST(VendorTest, ReasonsAreOneShortLine) {
  const Outcome outcome = outcome_of(reply(500, "<html>\n<h1>" + std::string(5000, 'x')));
  EXPECT_EQ(outcome.reason.find('\n'), std::string::npos);
  EXPECT_LT(outcome.reason.size(), 220U);
  HttpResponse refused = reply(0);
  refused.error = "certificate has expired";
  refused.refused = true;
  EXPECT_EQ(outcome_of(refused).verdict, Verdict::kPark);
  EXPECT_EQ(outcome_of(refused).reason, "cannot send: certificate has expired");
}

TEST(VendorValuesTest, SecretsComeFromFilesWithoutTheirNewline) {
  const test_support::TemporaryDirectory directory;
  test_support::write_file(directory / "secret", "user:pass\n");
  logging::SinkConfig config;
  config.type = logging::SinkType::kElasticsearch;
  config.elasticsearch.auth.basic_file = directory / "secret";
  EXPECT_EQ(read_values(config)->authorization, "Basic dXNlcjpwYXNz");
  config.elasticsearch.auth.basic_file = directory / "missing";
  EXPECT_EQ(read_values(config).error().code, base::ErrorCode::kNotFound);
  config.elasticsearch.auth.basic_file.clear();
  config.elasticsearch.api_key.text = "id:key";
  EXPECT_EQ(read_values(config)->authorization, "ApiKey aWQ6a2V5");
}

}  // namespace
}  // namespace shippers
