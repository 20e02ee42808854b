// Every seed of the fuzz targets, and mutants of it, in each run of the tests.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

std::vector<std::string> seeds_of(const Target& target) {
  std::vector<std::string> seeds;
  const std::filesystem::path folder = std::filesystem::path(CORPUS_DIRECTORY) / target.name;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

/// One to four changes: a byte, a piece taken out, a piece repeated.
std::string mutate(std::string text, std::minstd_rand& random) {
  const auto below = [&random](std::size_t limit) { return random() % (limit + 1); };
  for (std::size_t change = 0; change <= below(3); ++change) {
    const std::size_t at = below(text.size());
    switch (below(2)) {
      case 0:
        text.replace(at, 1, 1, static_cast<char>(random() % 256));
        break;
      case 1:
        text.erase(at, below(8));
        break;
      default:
        text.insert(at, text.substr(below(text.size()), below(16)));
    }
  }
  return text;
}

class CorpusTest : public testing::TestWithParam<Target> {};

INSTANTIATE_TEST_SUITE_P(Targets, CorpusTest, testing::ValuesIn(kTargets),
                         [](const auto& one) { return std::string(one.param.name); });

TEST_P(CorpusTest, SeedsAndTheirMutantsShowNoFlaw) {
  constexpr int kMutants = 500;
  const std::vector<std::string> seeds = seeds_of(GetParam());
  ASSERT_FALSE(seeds.empty());
  std::minstd_rand random(1);
  for (const std::string& seed : seeds) {
    ASSERT_EQ(GetParam().run(seed), "") << testing::PrintToString(seed);
    for (int index = 0; index < kMutants; ++index) {
      const std::string mutant = mutate(seed, random);
      ASSERT_EQ(GetParam().run(mutant), "") << testing::PrintToString(mutant);
    }
  }
}

}  // namespace
}  // namespace fuzz
