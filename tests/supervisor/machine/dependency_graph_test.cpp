#include "supervisor/machine/dependency_graph.h"

#include <gtest/gtest.h>

namespace supervisor {
namespace {

using Ids = std::vector<ServiceId>;
constexpr auto kAfter = DependencyKind::kAfter;
constexpr auto kWants = DependencyKind::kWants;
constexpr auto kRequires = DependencyKind::kRequires;

// 0 requires 1 requires 2; 0 wants 3; 4 after 0.
DependencyGraph make_example() {
  return DependencyGraph({{{1, kRequires}, {3, kWants}}, {{2, kRequires}}, {}, {}, {{0, kAfter}}});
}

TEST(DependencyGraphTest, TheOrderHasEachServiceAfterWhatItDependsOn) {
  EXPECT_EQ(make_example().order(), (Ids{2, 1, 3, 0, 4}));
}

TEST(DependencyGraphTest, WhatIsWantedAndRequiredStartsWithAService) {
  EXPECT_EQ(make_example().started_with(0), (Ids{2, 1, 3, 0}));
  EXPECT_EQ(make_example().started_with(4), (Ids{4}));
}

TEST(DependencyGraphTest, WhatRequiresAServiceStopsWithItAtSecondHandToo) {
  EXPECT_EQ(make_example().stopped_with(2), (Ids{1, 0}));
  EXPECT_EQ(make_example().stopped_with(3), (Ids{}));
  EXPECT_EQ(make_example().stopped_with(0), (Ids{}));
}

TEST(DependencyGraphTest, DependentsAreFoundAtSecondHand) {
  const DependencyGraph graph = make_example();
  EXPECT_TRUE(graph.any_dependent(2, [](ServiceId id) { return id == 4; }));
  EXPECT_FALSE(graph.any_dependent(4, [](ServiceId) { return true; }));
}

TEST(DependencyGraphTest, TheStrongestOfSeveralEdgesCounts) {
  const DependencyGraph graph({{{1, kAfter}, {1, kRequires}, {1, kWants}}, {}});
  ASSERT_EQ(graph.dependencies(0).size(), 1U);
  EXPECT_EQ(graph.dependencies(0)[0], (Dependency{1, kRequires}));
  EXPECT_FALSE(graph.empty());
  EXPECT_TRUE(DependencyGraph({{}, {}}).empty());
}

TEST(DependencyGraphTest, ACycleIsFoundWithAllThatAreInIt) {
  EXPECT_EQ(find_cycles({{{1}}, {{2}}, {{0}}, {{0}}}), (std::vector<DependencyCycle>{{0, 1, 2}}));
}

TEST(DependencyGraphTest, AServiceThatDependsOnItselfIsACycleOfOne) {
  EXPECT_EQ(find_cycles({{{0}}}), (std::vector<DependencyCycle>{{0}}));
}

TEST(DependencyGraphTest, TwoCyclesAreTwo) {
  EXPECT_EQ(find_cycles({{{1}}, {{0}}, {{3}}, {{2}}}),
            (std::vector<DependencyCycle>{{0, 1}, {2, 3}}));
}

TEST(DependencyGraphTest, WithoutACycleThereIsNone) {
  EXPECT_EQ(find_cycles({{{1}, {2}}, {{2}}, {}}), (std::vector<DependencyCycle>{}));
}

TEST(DependencyGraphTest, AGraphIsOneEvenWhenItsListsAreNot) {
  const DependencyGraph graph({{{1, kRequires}}, {{0, kRequires}}});
  EXPECT_EQ(graph.order(), (Ids{1, 0}));
  EXPECT_TRUE(graph.dependencies(1).empty());
}

TEST(DependencyGraphTest, AChainOfAThousandNeedsNoStack) {
  DependencyLists lists(1'000);
  for (ServiceId id = 0; id + 1 < lists.size(); ++id) {
    lists[id] = {{id + 1, kRequires}};
  }
  const DependencyGraph graph(std::move(lists));
  EXPECT_EQ(graph.order().front(), 999U);
  EXPECT_EQ(graph.stopped_with(999).size(), 999U);
}

}  // namespace
}  // namespace supervisor
