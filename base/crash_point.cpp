#include "base/crash_point.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"

namespace base {

namespace crash_point_detail {

std::atomic<bool> armed{false};

namespace {

struct Plan {
  std::string pattern;
  std::uint64_t count = 0;
  bool random = false;
  std::atomic<std::uint64_t> state{0};  // passes so far, or the generator's state
};

Plan& plan() {
  static Plan the_plan;
  return the_plan;
}

/// splitmix64: good enough to spread kills over the steps, and without a lock.
std::uint64_t next_random(std::atomic<std::uint64_t>& state) {
  std::uint64_t z = state.fetch_add(0x9E37'79B9'7F4A'7C15ULL, std::memory_order_relaxed);
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBULL;
  return z ^ (z >> 31U);
}

}  // namespace

void pass(const char* name) noexcept {
  Plan& current = plan();
  if (!glob_matches(current.pattern, name)) {
    return;
  }
  const bool hit = current.random
                       ? next_random(current.state) % current.count == 0
                       : current.state.fetch_add(1, std::memory_order_relaxed) + 1 == current.count;
  if (hit) {
    ::kill(::getpid(), SIGKILL);
  }
}

}  // namespace crash_point_detail

void arm_crash_points() {
  const char* text = std::getenv("BIRL_DEBUG_CRASH");
  if (text == nullptr) {
    return;
  }
  const std::string_view spec(text);
  const std::size_t colon = spec.rfind(':');
  const auto count = colon == spec.npos ? std::nullopt : parse_decimal(spec.substr(colon + 1));
  if (!count || *count == 0) {
    return;
  }
  auto& plan = crash_point_detail::plan();
  plan.pattern = std::string(spec.substr(0, colon));
  plan.count = *count;
  plan.random = plan.pattern.ends_with('*');
  plan.state = plan.random ? static_cast<std::uint64_t>(::getpid()) << 32U : 0;
  crash_point_detail::armed.store(true, std::memory_order_relaxed);
}

}  // namespace base
