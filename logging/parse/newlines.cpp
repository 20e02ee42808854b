#include "logging/parse/newlines.h"

#include <bit>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
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

/// Goes on with the scalar twin from `at` on.
LineEnds finish_scalar(std::string_view block, std::size_t at, std::size_t count,
                       std::span<std::uint32_t> ends) {
  for (; at < block.size() && count < ends.size(); ++at) {
    if (block[at] == '\n') {
      ends[count] = static_cast<std::uint32_t>(at + 1);
      ++count;
    }
  }
  return {.count = count, .scanned_bytes = at};
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

/// What __builtin_cpu_supports("avx2") says, which needs a part of libgcc that not every toolchain
/// has: the processor knows the instructions, and the kernel saves their registers.
bool detect_avx2() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kNeeded = bit_OSXSAVE | bit_AVX;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kNeeded) != kNeeded) {
    return false;
  }
  constexpr unsigned kSavedMask = 6;  // XCR0: the SSE and AVX halves
  unsigned saved = 0;
  unsigned high = 0;
  __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  return (saved & kSavedMask) == kSavedMask && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
         (b & bit_AVX2) != 0;
}

const bool kHasAvx2 = detect_avx2();

std::size_t count_newlines(std::string_view block) {
  return kHasAvx2 ? count_avx2(block) : count_sse2(block);
}

/// Writes the offsets behind the set bits of `mask`, whose lowest one is the byte at `at`.
std::size_t put_ends(std::uint32_t mask, std::size_t at, std::size_t count,
                     std::span<std::uint32_t> ends) {
  for (; mask != 0; mask &= mask - 1) {
    ends[count] =
        static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(mask)) + 1;
    ++count;
  }
  return count;
}

// Both stop while a whole vector of newlines still fits, and leave the rest to the scalar twin.

__attribute__((target("avx2"))) LineEnds find_ends_avx2(std::string_view block,
                                                        std::span<std::uint32_t> ends) {
  const __m256i newline = _mm256_set1_epi8('\n');
  std::size_t at = 0;
  std::size_t count = 0;
  while (at + sizeof(__m256i) <= block.size() && count + sizeof(__m256i) <= ends.size()) {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block.data() + at));
    const auto mask =
        static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, newline)));
    count = put_ends(mask, at, count, ends);
    at += sizeof(__m256i);
  }
  return finish_scalar(block, at, count, ends);
}

LineEnds find_ends_sse2(std::string_view block, std::span<std::uint32_t> ends) {
  const __m128i newline = _mm_set1_epi8('\n');
  std::size_t at = 0;
  std::size_t count = 0;
  while (at + sizeof(__m128i) <= block.size() && count + sizeof(__m128i) <= ends.size()) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block.data() + at));
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline)));
    count = put_ends(mask, at, count, ends);
    at += sizeof(__m128i);
  }
  return finish_scalar(block, at, count, ends);
}

LineEnds find_ends(std::string_view block, std::span<std::uint32_t> ends) {
  return kHasAvx2 ? find_ends_avx2(block, ends) : find_ends_sse2(block, ends);
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

LineEnds find_ends(std::string_view block, std::span<std::uint32_t> ends) {
  constexpr std::size_t kVectorBytes = 16;
  constexpr unsigned kBitsPerByte = 4;  // of the narrowed comparison
  const uint8x16_t newline = vdupq_n_u8('\n');
  std::size_t at = 0;
  std::size_t count = 0;
  while (at + kVectorBytes <= block.size() && count + kVectorBytes <= ends.size()) {
    const auto* raw = reinterpret_cast<const std::uint8_t*>(block.data() + at);
    const uint8x16_t equal = vceqq_u8(vld1q_u8(raw), newline);
    const uint8x8_t narrowed = vshrn_n_u16(vreinterpretq_u16_u8(equal), 4);
    std::uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(narrowed), 0) & 0x1111'1111'1111'1111ULL;
    for (; mask != 0; mask &= mask - 1) {
      const auto index = static_cast<std::uint32_t>(std::countr_zero(mask)) / kBitsPerByte;
      ends[count] = static_cast<std::uint32_t>(at) + index + 1;
      ++count;
    }
    at += kVectorBytes;
  }
  return finish_scalar(block, at, count, ends);
}

#else

LineEnds find_ends(std::string_view block, std::span<std::uint32_t> ends) {
  return finish_scalar(block, 0, 0, ends);
}

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

LineEnds find_line_ends(std::string_view block, std::span<std::uint32_t> ends) {
  return find_ends(block, ends);
}

LineEnds find_line_ends_scalar(std::string_view block, std::span<std::uint32_t> ends) {
  return finish_scalar(block, 0, 0, ends);
}

}  // namespace logging
