// The two-slot commit of ring_layout.h: a value that one process replaces while others read it, and
// that is whole at every instant, also when the writer dies in the middle.
//
// Every word of a slot moves by an atomic of release or acquire order. So a reader that saw one
// word of a later write also sees the sequence that went before it, and tries again; no fence is
// needed, and the thread sanitizer understands it.
// Threads: one writer per value, any readers. A reader never writes, so a read-only mapping will
// do.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#if defined(__SANITIZE_THREAD__)
#define BIRL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BIRL_THREAD_SANITIZER 1
#endif
#endif

namespace logging {

template <typename T>
concept SlotValue = std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0;

using SlotWord = std::uint64_t __attribute__((may_alias));

template <SlotValue T>
void store_slot(T& to, const T& from) {
  auto* target = reinterpret_cast<SlotWord*>(&to);
  const auto* source = reinterpret_cast<const SlotWord*>(&from);
  for (std::size_t index = 0; index < sizeof(T) / sizeof(SlotWord); ++index) {
    __atomic_store_n(target + index, source[index], __ATOMIC_RELEASE);
  }
}

template <SlotValue T>
[[nodiscard]] T load_slot(const T& from) {
  T to;
  auto* target = reinterpret_cast<SlotWord*>(&to);
  const auto* source = reinterpret_cast<const SlotWord*>(&from);
  for (std::size_t index = 0; index < sizeof(T) / sizeof(SlotWord); ++index) {
    target[index] = __atomic_load_n(source + index, __ATOMIC_ACQUIRE);
  }
  return to;
}

/// Replaces the value: fills the slot that is not valid, then one store makes it so. The store is
/// sequentially consistent because consumers and the producer also wait for each other by it.
template <SlotValue T>
void publish_slot(std::atomic<std::uint32_t>& sequence, std::array<T, 2>& slots, const T& value) {
  const std::uint32_t next = sequence.load(std::memory_order_relaxed) + 1;
  store_slot(slots[next % 2], value);
  sequence.store(next, std::memory_order_seq_cst);
}

/// The valid value. The loop is bounded, for a reader must not spin on a writer gone mad: after the
/// last try it returns what it has, and its caller checks every value anyway.
template <SlotValue T>
[[nodiscard]] T read_slot(const std::atomic<std::uint32_t>& sequence,
                          const std::array<T, 2>& slots) {
  constexpr int kTriesMax = 10'000;
  T value{};
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    const std::uint32_t before = sequence.load(std::memory_order_seq_cst);
    value = load_slot(slots[before % 2]);
    if (sequence.load(std::memory_order_acquire) == before) {
      break;
    }
  }
  return value;
}

/// Between a store that takes memory away from lapping readers and the first write into it.
inline void order_before_overwrite() {
#if !defined(BIRL_THREAD_SANITIZER)
  std::atomic_thread_fence(std::memory_order_release);
#endif
}

/// Copies memory that the producer may be overwriting: the caller finds out afterwards, by the
/// tail, whether the copy is any good (pairs with order_before_overwrite).
#if defined(BIRL_THREAD_SANITIZER)
__attribute__((no_sanitize("thread"), noinline, unused)) static void copy_racing(
    char* to, const char* from, std::size_t bytes) {
  const volatile char* source = from;
  for (std::size_t index = 0; index < bytes; ++index) {
    to[index] = source[index];
  }
}
#else
inline void copy_racing(char* to, const char* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
  std::atomic_thread_fence(std::memory_order_acquire);
}
#endif

}  // namespace logging
