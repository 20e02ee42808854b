#include "supervisor/config/test_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supervisor/config/check.h"
#include "tests/supervisor/config/config_test_support.h"

namespace supervisor {
namespace {

using testing::HasSubstr;

constexpr const char* kToml = R"(
birl.host = "h"
[service.web]
command = ["web"]
pipeline = "json"
log = ["console", "errors"]
[sink.errors]
type = "file"
path = "/tmp/x"
match = { level = ">=error" }
[pipeline.json]
steps = [{ parse = "json" }, { redact = "email" }, { drop = { message = "ping" } }]
)";

RoleOutput test(const std::string& tests, std::vector<std::string> words = {}) {
  const TemporaryDirectory empty;
  words.insert(words.end(), {"-c", empty.path()});
  return run_test_role(words, {{"BIRL_SET", kToml + tests}});
}

TEST(TestRunTest, APassingTestIsOk) {
  const RoleOutput output = test(R"(
[[test]]
name = "redacts"
service = "web"
input = ['{"level":"warn","msg":"to a@b.com","n":7}', '{"msg":"ping"}', 'no json']
expect = [
  { level = "warn", message = "to [REDACTED]", n = 7, service = "web", host = "h" },
  { message = "no json", parse_error = "json: it is no object" },
]
)");
  EXPECT_EQ(output.errors, "");
  EXPECT_EQ(output.out, "ok     redacts\n1 of 1 tests passed\n");
  EXPECT_EQ(output.exit_code, 0);
}

TEST(TestRunTest, AFailingTestSaysWhatDiffers) {
  const std::string tests = R"(
[[test]]
pipeline = "json"
input = ['{"msg":"a","n":7}', 'x']
expect = [{ message = "b", n = 7, m = 1 }]
)";
  const RoleOutput output = test(tests);
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.out, HasSubstr("FAILED test 1\n"
                                    "  record 1:\n"
                                    "    m: expected \"1\", it is not there\n"
                                    "    message: expected \"b\", got \"a\"\n"
                                    "  expected 1 records, got 2:\n"));
  EXPECT_THAT(output.out, HasSubstr("0 of 1 tests passed\n"));
  EXPECT_THAT(test(tests, {"--json"}).out, HasSubstr("{\"name\":\"test 1\",\"passed\":false,"));
}

TEST(TestRunTest, AWrongConfigurationIsNotTested) {
  const RoleOutput output = test("[[test]]\npipeline = 'jsn'\ninput = ['x']");
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.errors, HasSubstr("there is no pipeline \"jsn\" (did you mean json?)"));
}

TEST(TestRunTest, CheckShowsTheWayOfALine) {
  const TemporaryDirectory empty;
  const std::vector<std::string> words{"--line", "web", R"({"msg":"x"})", "-c", empty.path()};
  const RoleOutput output = run_check(words, {{"BIRL_SET", kToml}});
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_THAT(output.out, HasSubstr("record: {\"time\":"));
  EXPECT_THAT(output.out, HasSubstr("console: {\"time\":"));
  EXPECT_THAT(output.out, HasSubstr("errors: dropped (filtered)\n"));
  const std::vector<std::string> other{"--line", "wbe", "x", "-c", empty.path()};
  EXPECT_EQ(run_check(other, {{"BIRL_SET", kToml}}).exit_code, 3);
}

}  // namespace
}  // namespace supervisor
