// One target under libFuzzer: FUZZ_TARGET is its index in targets.h. A flaw ends the process, which
// makes libFuzzer keep the input.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

// libFuzzer's contract fixes the name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string flaw =
      fuzz::kTargets[FUZZ_TARGET].run({reinterpret_cast<const char*>(data), size});
  if (!flaw.empty()) {
    std::fprintf(stderr, "%s\n", flaw.c_str());
    std::abort();
  }
  return 0;
}
