#include "supervisor/config/signal_names.h"

#include <gtest/gtest.h>

#include <csignal>

namespace supervisor {
namespace {

TEST(SignalNamesTest, ReadsNamesPrefixesNumbersAndRealTimeSignals) {
  EXPECT_EQ(parse_signal("TERM"), SIGTERM);
  EXPECT_EQ(parse_signal("SIGTERM"), SIGTERM);
  EXPECT_EQ(parse_signal("term"), SIGTERM);
  EXPECT_EQ(parse_signal("15"), SIGTERM);
  EXPECT_EQ(parse_signal("RTMIN"), kSignalRtMin);
  EXPECT_EQ(parse_signal("SIGRTMIN+3"), kSignalRtMin + 3);
  EXPECT_EQ(parse_signal("RTMAX-2"), kSignalMax - 2);
}

TEST(SignalNamesTest, RefusesWhatIsNoSignal) {
  for (const char* name : {"", "SIG", "TERMS", "0", "65", "-1", "RTMIN+", "RTMIN+31", "RTMIN-1",
                           "RTMAX+1", "RTMINx", "99999999999999999999"}) {
    EXPECT_EQ(parse_signal(name), std::nullopt) << name;
  }
}

TEST(SignalNamesTest, EveryNumberReadsBackAndAliasesShowTheUsualName) {
  for (int signal = 1; signal <= kSignalMax; ++signal) {
    EXPECT_EQ(parse_signal(format_signal(signal)), signal) << format_signal(signal);
  }
  EXPECT_EQ(format_signal(kSignalRtMin + 3), "RTMIN+3");
  EXPECT_EQ(format_signal(SIGABRT), "ABRT");
  EXPECT_EQ(format_signal(99), "99");
}

TEST(SignalNamesTest, EveryListedNameIsOne) {
  for (const std::string& name : signal_names()) {
    EXPECT_TRUE(parse_signal(name)) << name;
  }
}

}  // namespace
}  // namespace supervisor
