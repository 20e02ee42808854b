#include "logging/sink_report.h"

#include <gtest/gtest.h>

#include <string>

namespace logging {
namespace {

class SinkReportTest : public testing::Test {
 protected:
  [[nodiscard]] std::string last_error() const { return state_.last_error.data(); }

  SinkState state_{};
  SinkReport report_{state_};
};

TEST_F(SinkReportTest, TheLastErrorStaysReadableWhenTheTargetWorksAgain) {
  EXPECT_FALSE(report_.is_failing());
  report_.failing(SinkHealth::kRetrying, "cannot write /x: no space");
  EXPECT_TRUE(report_.is_failing());
  EXPECT_EQ(report_.health(), SinkHealth::kRetrying);
  EXPECT_NE(state_.error_time_ns.load(), 0U);
  report_.working();
  EXPECT_FALSE(report_.is_failing());
  EXPECT_EQ(last_error(), "cannot write /x: no space");
}

TEST_F(SinkReportTest, ARepeatedMessageIsNotWrittenAgain) {
  report_.failing(SinkHealth::kRetrying, "first");
  report_.failing(SinkHealth::kBlocked, "first");
  EXPECT_EQ(state_.error_sequence.load(), 2U);
  EXPECT_EQ(report_.health(), SinkHealth::kBlocked);
  report_.failing(SinkHealth::kRetrying, "second");
  EXPECT_EQ(state_.error_sequence.load(), 4U);  // even: a reader may believe it
  EXPECT_EQ(last_error(), "second");
}

TEST_F(SinkReportTest, ALongMessageIsCutAndATextThatGrowsIsNew) {
  report_.failing(SinkHealth::kRetrying, std::string(1000, 'x'));
  EXPECT_EQ(last_error(), std::string(RouterStateLimits::kErrorBytes - 1, 'x'));
  report_.failing(SinkHealth::kRetrying, "x");
  EXPECT_EQ(last_error(), "x");
}

}  // namespace
}  // namespace logging
