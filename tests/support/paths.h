// Where the programs under test are: the build tree's, or what the environment names.
//
// BIRL=PATH tests another birl (a release, a static file, a package). The rest is ours and always
// comes from the build tree. Threads: any.
#pragma once

#include <string>

namespace support {

[[nodiscard]] std::string birl_path();
[[nodiscard]] std::string actor_path();     // tests/support/programs: services that misbehave
[[nodiscard]] std::string loggen_path();    // bench: writes numbered lines that prove themselves
[[nodiscard]] std::string logcheck_path();  // bench: finds lost, doubled, damaged ones

/// BIRL_TEST_SCALE: multiplies the amounts of the tests that say so; 1 when unset.
[[nodiscard]] unsigned test_scale();

/// BIRL_TEST_ALL=1: the whole range where the default suite takes a sample.
[[nodiscard]] bool test_everything();

}  // namespace support
