#include "supervisor/machine/explain.h"

#include <gtest/gtest.h>

#include "tests/supervisor/machine/fleet_driver.h"

namespace supervisor {
namespace {

using Lines = std::vector<std::string>;

TEST(ExplainTest, TellsWhatIsInTheWay) {
  ServiceRules web = daemon("web");
  web.dependencies = {{"db", DependencyKind::kRequires}};
  ServiceRules db = daemon("db");
  db.restart = RestartPolicy::kNever;
  FleetDriver driver({db, web});
  driver.fleet.boot(0);
  driver.confirm(0, 100);
  driver.confirm(1, 101);
  ASSERT_TRUE(driver.fleet.stop("web", 0));
  driver.exited(101, 0);
  driver.exited(100, 3);
  ASSERT_TRUE(driver.fleet.start("web", 0));
  driver.now_ns = base::seconds(2).ns;
  EXPECT_EQ(explain(driver.fleet, 1, driver.now_ns),
            (Lines{"web is waiting: waits for db, which is starting", "so for 2s",
                   "it requires db, which is starting", "its last run: exited with code 0"}));
}

TEST(ExplainTest, TellsWhatComesNext) {
  FleetDriver driver({daemon("web")});
  driver.boot();
  driver.exited(100, 3);
  EXPECT_EQ(explain(driver.fleet, 0, 0),
            (Lines{"web is backoff: exited with code 3", "so for 0s",
                   "its last run: exited with code 3", "it is started again in 100ms"}));
}

TEST(ExplainTest, TellsWhatTheChecksSee) {
  ServiceRules web = daemon("web");
  web.checks.ready = ReadySource::kChecks;
  FleetDriver driver({web});
  driver.boot();
  driver.fleet.on_checked(0, 1, "refused", 0);
  EXPECT_EQ(explain(driver.fleet, 0, 0),
            (Lines{"web is starting", "so for 0s",
                   "its readiness is looked at: the last failure: refused",
                   "the next look is in 250ms"}));
}

}  // namespace
}  // namespace supervisor
