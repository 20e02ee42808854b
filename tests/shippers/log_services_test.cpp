// Log services on the wire, literally from the protocol cards, and what their answers mean:
// shippers/vendors/splunk_hec.cpp shippers/vendors/datadog.cpp shippers/vendors/newrelic.cpp
// shippers/vendors/sumologic.cpp shippers/vendors/otlp.cpp shippers/vendors/vendor_values.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shippers/network/line.h"
#include "shippers/vendors/vendors.h"

namespace shippers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Line kLine{.service = "app",
                     .host = "h",
                     .stream = logging::Stream::kStdout,
                     .time_ns = 1'704'164'645'678'000'000,
                     .text = "hi"};

struct Encoded {
  std::string key;
  std::string text;
};

Encoded encode(const Vendor& vendor, const VendorValues& values, const Line& line = kLine) {
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

/// A record with fields of every kind.
struct RecordLine {
  RecordLine() {
    fields.set("n", {"5", logging::ValueKind::kJson});
    fields.set("rate", {"1.5", logging::ValueKind::kJson});
    fields.set("ok", {"true", logging::ValueKind::kJson});
    fields.set("service", {"own", logging::ValueKind::kText});
    line.fields = &fields;
    line.severity = logging::Severity::kWarn;
  }

  logging::FieldList fields;
  Line line = kLine;
};

VendorValues values_of(const logging::SinkConfig& config) {
  const auto values = read_values(config);
  EXPECT_TRUE(values);
  return *values;
}

logging::SinkConfig splunk() {
  logging::SinkConfig config;
  config.type = logging::SinkType::kSplunkHec;
  config.splunk_hec.url = "https://s:8088/";
  config.splunk_hec.token.text = "11111111-2222-3333-4444-555555555555";
  return config;
}

TEST(SplunkTest, EventsAreObjectsBehindEachOther) {
  const VendorValues values = values_of(splunk());
  EXPECT_EQ(kSplunkHec.url.expand_url(values), "https://s:8088/services/collector/event");
  EXPECT_EQ(kSplunkHec.headers[0].expand(values),
            "Authorization: Splunk 11111111-2222-3333-4444-555555555555");
  EXPECT_TRUE(kSplunkHec.headers[1].has_blank(values)) << "no channel";
  const std::string event = encode(kSplunkHec, values).text;
  EXPECT_EQ(event,
            R"({"time":1704164645.678000,"host":"h","source":"app","sourcetype":"_json","event":)"
            R"({"level":"info","service":"app","stream":"stdout","host":"h","message":"hi"}})");
  const std::vector<SpoolEvent> events{{.key = {}, .text = "{}"}, {.key = {}, .text = "{}"}};
  EXPECT_EQ(body_of(kSplunkHec, events), "{}{}");
  logging::SinkConfig other = splunk();
  other.splunk_hec.index = "main";
  other.splunk_hec.channel = "G";
  EXPECT_THAT(encode(kSplunkHec, values_of(other)).text, HasSubstr(R"(,"index":"main",)"));
  EXPECT_EQ(kSplunkHec.headers[1].expand(values_of(other)), "X-Splunk-Request-Channel: G");
}

TEST(SplunkTest, ItsCodesDecideAndNotItsStatus) {
  const auto said = [](int status, int code) {
    return kSplunkHec
        .classify(reply(status, "{\"text\":\"x\",\"code\":" + std::to_string(code) + "}"), 3)
        .verdict;
  };
  EXPECT_EQ(said(200, 0), Verdict::kAccepted);
  EXPECT_EQ(said(200, 9), Verdict::kRetry);
  EXPECT_EQ(said(403, 4), Verdict::kPark);
  EXPECT_EQ(said(400, 7), Verdict::kPark) << "an index that is not there";
  EXPECT_EQ(said(400, 10), Verdict::kPark) << "a channel is missing";
  EXPECT_EQ(said(400, 12), Verdict::kReject);
  EXPECT_EQ(said(503, 9), Verdict::kRetry);
  EXPECT_EQ(said(500, 8), Verdict::kRetry);
  EXPECT_EQ(kSplunkHec.classify(reply(200, "<html>"), 1).verdict, Verdict::kRetry);
  EXPECT_EQ(kSplunkHec.classify(reply(413, "<html>"), 1).verdict, Verdict::kSplit);
  EXPECT_EQ(kSplunkHec.classify(reply(429), 1).verdict, Verdict::kRetry);
}

TEST(SplunkTest, OnlyTheEventThatItNamesIsRefused) {
  const Outcome outcome = kSplunkHec.classify(
      reply(400, R"({"text":"Invalid data format","code":6,"invalid-event-number":1})"), 3);
  EXPECT_EQ(outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(outcome.exceptions,
              ElementsAre(EventVerdict{0, Verdict::kRetry}, EventVerdict{1, Verdict::kReject},
                          EventVerdict{2, Verdict::kRetry}));
  EXPECT_EQ(kSplunkHec.classify(reply(400, R"({"text":"x","code":6,"invalid-event-number":9})"), 3)
                .verdict,
            Verdict::kReject)
      << "a number that is not ours";
}

TEST(DatadogTest, TheRequestIsAnArrayOfItsKeys) {
  logging::SinkConfig config;
  config.type = logging::SinkType::kDatadog;
  config.datadog.api_key.text = "k";
  config.datadog.site = "datadoghq.eu";
  config.datadog.tags = {"env:prod", "app:{service}"};
  const VendorValues values = values_of(config);
  EXPECT_EQ(kDatadog.url.expand_url(values), "https://http-intake.logs.datadoghq.eu/api/v2/logs");
  EXPECT_EQ(kDatadog.headers[0].expand(values), "DD-API-KEY: k");
  EXPECT_EQ(encode(kDatadog, values).text,
            R"({"timestamp":1704164645678,"message":"hi","ddsource":"app",)"
            R"("ddtags":"env:prod,app:app","hostname":"h","service":"app","status":"info"})");
  EXPECT_EQ(encode(kDatadog, values, RecordLine().line).text,
            R"({"timestamp":1704164645678,"message":"hi","ddsource":"app",)"
            R"("ddtags":"env:prod,app:app","hostname":"h","status":"warning","n":5,"rate":1.5,)"
            R"("ok":true,"service":"own"})");
  EXPECT_EQ(kDatadog.limits.events, 1'000U);
  EXPECT_LE(kDatadog.limits.bytes, 5'000'000U);
  EXPECT_EQ(outcome_of(reply(202, "{}")), Outcome{});
  EXPECT_EQ(outcome_of(reply(403)).verdict, Verdict::kPark);
  EXPECT_EQ(outcome_of(reply(408)).verdict, Verdict::kRetry);
  EXPECT_EQ(outcome_of(reply(413)).verdict, Verdict::kSplit);
}

TEST(NewRelicTest, TheRequestIsABlockOfLogs) {
  logging::SinkConfig config;
  config.type = logging::SinkType::kNewRelic;
  config.newrelic.api_key.text = "k";
  config.newrelic.region = logging::NewRelicRegion::kEu;
  config.newrelic.attributes = {{"team", "{service}-team"}};
  const VendorValues values = values_of(config);
  EXPECT_EQ(kNewRelic.url.expand_url(values), "https://log-api.eu.newrelic.com/log/v1");
  EXPECT_EQ(kNewRelic.headers[0].expand(values), "Api-Key: k");
  const std::string event = encode(kNewRelic, values).text;
  EXPECT_EQ(event, R"({"timestamp":1704164645678,"message":"hi","attributes":{"hostname":"h",)"
                   R"("service":"app","stream":"stdout","level":"info","team":"app-team"}})");
  const std::vector<SpoolEvent> events{{.key = {}, .text = "{}"}, {.key = {}, .text = "{}"}};
  EXPECT_EQ(body_of(kNewRelic, events), R"([{"logs":[{},{}]}])");
  EXPECT_LT(kNewRelic.limits.bytes + 5'000, 1'000'000U) << "with its commas";
  EXPECT_EQ(kNewRelic.classify(reply(202), 1), Outcome{});
  EXPECT_EQ(kNewRelic.classify(reply(405), 1).verdict, Verdict::kPark);
  EXPECT_EQ(kNewRelic.classify(reply(415), 1).verdict, Verdict::kReject);
  EXPECT_EQ(kNewRelic.classify(reply(413), 1).verdict, Verdict::kSplit);
}

TEST(SumologicTest, ALineEachAndItsUrlIsTheSecret) {
  logging::SinkConfig config;
  config.type = logging::SinkType::kSumologic;
  config.sumologic.url.text = "https://collectors.sumologic.com/receiver/v1/http/CODE";
  config.sumologic.category = "prod/app";
  EXPECT_EQ(plain_values(config).url, "") << "what is not read for a request is not kept";
  const VendorValues values = values_of(config);
  EXPECT_EQ(kSumologic.url.expand_url(values), config.sumologic.url.text);
  EXPECT_EQ(kSumologic.headers[0].expand(values), "X-Sumo-Category: prod/app");
  EXPECT_TRUE(kSumologic.headers[1].has_blank(values));
  EXPECT_EQ(encode(kSumologic, values).text,
            R"({"timestamp":"2024-01-02T03:04:05.678Z","level":"info","service":"app",)"
            R"("stream":"stdout","host":"h","message":"hi"})"
            "\n");
  EXPECT_EQ(kSumologic.limits.event_bytes, 64'000U);
}

logging::SinkConfig otlp() {
  logging::SinkConfig config;
  config.type = logging::SinkType::kOtlp;
  config.otlp.url = "http://c:4318/";
  config.otlp.headers = {{"x-team", "shop"}};
  return config;
}

TEST(OtlpTest, TheRequestIsThatOfTheCard) {
  const VendorValues values = values_of(otlp());
  EXPECT_EQ(kOtlp.url.expand_url(values), "http://c:4318/v1/logs");
  EXPECT_EQ(values.headers.at("x-team"), "shop");
  const Encoded encoded = encode(kOtlp, values);
  const std::vector<SpoolEvent> events{{.key = encoded.key, .text = encoded.text},
                                       {.key = "[]", .text = "{}"},
                                       {.key = encoded.key, .text = "{}"}};
  EXPECT_EQ(
      body_of(kOtlp, events),
      R"({"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":)"
      R"({"stringValue":"app"}},{"key":"host.name","value":{"stringValue":"h"}}]},"scopeLogs":)"
      R"([{"logRecords":[{"timeUnixNano":"1704164645678000000","severityNumber":9,)"
      R"("severityText":"INFO","body":{"stringValue":"hi"},"attributes":[{"key":"log.iostream",)"
      R"("value":{"stringValue":"stdout"}}]},{}]}]},{"resource":{"attributes":[]},)"
      R"("scopeLogs":[{"logRecords":[{}]}]}]})");
}

TEST(OtlpTest, FieldsAreAttributesOfTheirTypes) {
  RecordLine record;
  record.fields.set("none", {"null", logging::ValueKind::kJson});
  record.fields.set("deep", {R"({"a":1})", logging::ValueKind::kJson});
  EXPECT_THAT(encode(kOtlp, values_of(otlp()), record.line).text,
              HasSubstr(R"({"key":"n","value":{"intValue":"5"}},{"key":"rate","value":)"
                        R"({"doubleValue":1.5}},{"key":"ok","value":{"boolValue":true}},)"
                        R"({"key":"service","value":{"stringValue":"own"}},)"
                        R"({"key":"deep","value":{"stringValue":"{\"a\":1}"}}]})"));
}

TEST(OtlpTest, APartialSuccessIsNotTriedAgain) {
  EXPECT_EQ(kOtlp.classify(reply(200, "{}"), 3), Outcome{});
  EXPECT_EQ(kOtlp.classify(reply(200), 3), Outcome{});
  const Outcome outcome = kOtlp.classify(
      reply(200, R"({"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}})"), 3);
  EXPECT_EQ(outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(outcome.exceptions,
              ElementsAre(EventVerdict{1, Verdict::kReject}, EventVerdict{2, Verdict::kReject}));
  EXPECT_EQ(outcome.reason, "2 of 3 records were refused: too old");
  EXPECT_THAT(kOtlp
                  .classify(reply(200, R"({"partialSuccess":{"rejectedLogRecords":0,)"
                                       R"("errorMessage":"slow down"}})"),
                            3)
                  .exceptions,
              IsEmpty());
  EXPECT_EQ(kOtlp.classify(reply(200, R"({"partialSuccess":{"rejectedLogRecords":"99"}})"), 2)
                .exceptions.size(),
            2U);
}

TEST(OtlpTest, OnlyWhatTheSpecificationNamesIsTriedAgain) {
  for (const int status : {429, 502, 503, 504, 0}) {
    EXPECT_EQ(kOtlp.classify(reply(status), 3).verdict, Verdict::kRetry) << status;
  }
  EXPECT_EQ(kOtlp.classify(reply(500), 3).verdict, Verdict::kReject);
  EXPECT_FALSE(kOtlp.classify(reply(500), 3).is_divisible);
  EXPECT_EQ(kOtlp.classify(reply(400, R"({"code":3,"message":"bad"})"), 3).verdict,
            Verdict::kReject);
  EXPECT_EQ(kOtlp.classify(reply(413), 3).verdict, Verdict::kSplit);
  EXPECT_EQ(kOtlp.classify(reply(401), 3).verdict, Verdict::kPark);
}

}  // namespace
}  // namespace shippers
