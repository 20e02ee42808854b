#include "logging/parse/newlines.h"

#include <bit>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace logging {

namespace {

/// Everything up to the last newline, looking backwards: a line is short beside a block.
std::size_t find_whole_bytes(std::string_view block) {
  const std::size_t last = block.rfind('\n');
  return last == std::string_view::npos ? 0 : last + 1;
}

std::size_t count_scalar(std::string_view block) {
  std::size_t count = 0;
  for (const char c : block) {
    count += c == '\n' ? 1 : 0;
  }
  return count;
}

#if defined(__x86_64__)

// A byte equal to '\n' compares to -1; subtracting it counts in 8-bit lanes, which are summed
// before they can wrap (255 rounds).
constexpr std::size_t kRoundsMax = 255;

__attribute__((target("avx2"))) std::size_t count_avx2(std::string_view block) {
  const __m256i newline = _mm256_set1_epi8('\n');
  const auto* at = reinterpret_cast<const __m256i*>(block.data());
  std::size_t vectors = block.size() / sizeof(__m256i);
  std::size_t count = 0;
  while (vectors > 0) {
    const std::size_t rounds = vectors < kRoundsMax ? vectors : kRoundsMax;
    __m256i lanes = _mm256_setzero_si256();
    for (std::size_t index = 0; index < rounds; ++index) {
      lanes = _mm256_sub_epi8(lanes, _mm256_cmpeq_epi8(_mm256_loadu_si256(at + index), newline));
    }
    const __m256i sums = _mm256_sad_epu8(lanes, _mm256_setzero_si256());
    alignas(32) std::uint64_t parts[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(parts), sums);
    count += static_cast<std::size_t>(parts[0] + parts[1] + parts[2] + parts[3]);
    at += rounds;
    vectors -= rounds;
  }
  return count + count_scalar(block.substr(block.size() / sizeof(__m256i) * sizeof(__m256i)));
}

std::size_t count_sse2(std::string_view block) {
  const __m128i newline = _mm_set1_epi8('\n');
  const auto* at = reinterpret_cast<const __m128i*>(block.data());
  std::size_t vectors = block.size() / sizeof(__m128i);
  std::size_t count = 0;
  while (vectors > 0) {
    const std::size_t rounds = vectors < kRoundsMax ? vectors : kRoundsMax;
    __m128i lanes = _mm_setzero_si128();
    for (std::size_t index = 0; index < rounds; ++index) {
      lanes = _mm_sub_epi8(lanes, _mm_cmpeq_epi8(_mm_loadu_si128(at + index), newline));
    }
    const __m128i sums = _mm_sad_epu8(lanes, _mm_setzero_si128());
    alignas(16) std::uint64_t parts[2];
    _mm_store_si128(reinterpret_cast<__m128i*>(parts), sums);
    count += static_cast<std::size_t>(parts[0] + parts[1]);
    at += rounds;
    vectors -= rounds;
  }
  return count + count_scalar(block.substr(block.size() / sizeof(__m128i) * sizeof(__m128i)));
}

std::size_t count_newlines(std::string_view block) {
  return __builtin_cpu_supports("avx2") ? count_avx2(block) : count_sse2(block);
}

#elif defined(__aarch64__)

std::size_t count_newlines(std::string_view block) {
  constexpr std::size_t kRoundsMax = 255;
  const uint8x16_t newline = vdupq_n_u8('\n');
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t vectors = block.size() / 16;
  std::size_t count = 0;
  while (vectors > 0) {
    const std::size_t rounds = vectors < kRoundsMax ? vectors : kRoundsMax;
    uint8x16_t lanes = vdupq_n_u8(0);
    for (std::size_t index = 0; index < rounds; ++index) {
      lanes = vsubq_u8(lanes, vceqq_u8(vld1q_u8(at + index * 16), newline));
    }
    count += vaddlvq_u8(lanes);
    at += rounds * 16;
    vectors -= rounds;
  }
  return count + count_scalar(block.substr(block.size() / 16 * 16));
}

#else

std::size_t count_newlines(std::string_view block) {
  return count_scalar(block);
}

#endif

}  // namespace

NewlineScan scan_newlines(std::string_view block) {
  return {.count = count_newlines(block), .whole_bytes = find_whole_bytes(block)};
}

NewlineScan scan_newlines_scalar(std::string_view block) {
  NewlineScan scan;
  for (std::size_t index = 0; index < block.size(); ++index) {
    if (block[index] == '\n') {
      ++scan.count;
      scan.whole_bytes = index + 1;
    }
  }
  return scan;
}

}  // namespace logging
