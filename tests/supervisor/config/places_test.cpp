#include "supervisor/config/places.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

TEST(PlacesTest, AKeyThatIsNotThereHasThePlaceOfTheTableAboveIt) {
  Places places;
  places.add("service.web", {.origin = {"a", 3, 1}, .key_origin = {}, .shown = "service.web"});
  places.add("service.web.log", {.origin = {"a", 4, 7}, .key_origin = {}, .shown = "defaults.log"});
  EXPECT_EQ(places.at("service.web.stop.timeout").origin, (Origin{"a", 3, 1}));
  EXPECT_EQ(places.at("service.web.stop.timeout").shown, "service.web.stop.timeout");
  EXPECT_EQ(places.at("service.web.log[2]").origin, (Origin{"a", 4, 7}));
  EXPECT_EQ(places.at("service.web.log[2]").shown, "defaults.log[2]");
  EXPECT_EQ(places.at("nothing").origin, Origin{});
  EXPECT_FALSE(places.has("service.web.stop"));
}

}  // namespace
}  // namespace supervisor
