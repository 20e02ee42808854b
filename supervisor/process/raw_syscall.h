// System calls without libc: no errno, no cancellation point, no lock, no symbol.
//
// For the two places where libc cannot be used: the spawned child, which shares PID 1's memory with
// its thread-local errno (spawn_child.h), and last_resort, which trusts nothing. A call returns its
// value, or the negated errno. x86-64 and aarch64; elsewhere it goes through libc's syscall() and
// BIRL_RAW_SYSCALLS is 0, on which the spawner falls back to fork.
// Threads: any. Async-signal-safe.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <type_traits>

#if defined(__x86_64__) || defined(__aarch64__)
#define BIRL_RAW_SYSCALLS 1
#else
#define BIRL_RAW_SYSCALLS 0
#endif

namespace supervisor {

#if defined(__x86_64__) && !defined(__ILP32__)
inline long raw_syscall6(long number, long a, long b, long c, long d, long e, long f) noexcept {
  long result = 0;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

/// clone3 of `bytes` at `arguments`, which name a stack: the child calls `child` there, which never
/// returns.
inline long raw_clone3(const void* arguments, std::size_t bytes, int (*child)(void*),
                       void* argument) noexcept {
  long result = 0;
  __asm__ volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "movq %[argument], %%rdi\n\t"
      "callq *%[child]\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "a"(static_cast<long>(SYS_clone3)), "D"(arguments),
        "S"(bytes), [child] "r"(child), [argument] "r"(argument)
      : "rcx", "r11", "memory", "cc");
  return result;
}
#elif defined(__aarch64__)
inline long raw_syscall6(long number, long a, long b, long c, long d, long e, long f) noexcept {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

inline long raw_clone3(const void* arguments, std::size_t bytes, int (*child)(void*),
                       void* argument) noexcept {
  register long x8 __asm__("x8") = SYS_clone3;
  register long x0 __asm__("x0") = reinterpret_cast<long>(arguments);
  register long x1 __asm__("x1") = static_cast<long>(bytes);
  __asm__ volatile(
      "svc 0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x0, %[argument]\n\t"
      "blr %[child]\n\t"
      "brk 1\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), [child] "r"(child), [argument] "r"(argument)
      : "memory", "cc");
  return x0;
}
#else
inline long raw_clone3(const void*, std::size_t, int (*)(void*), void*) noexcept {
  return -ENOSYS;
}

inline long raw_syscall6(long number, long a, long b, long c, long d, long e, long f) noexcept {
  const long result = ::syscall(number, a, b, c, d, e, f);
  return result < 0 ? -errno : result;
}
#endif

template <typename T>
long raw_argument(T value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(value);
  } else {
    return static_cast<long>(value);
  }
}

template <typename A = long, typename B = long, typename C = long, typename D = long,
          typename E = long, typename F = long>
long raw_syscall(long number, A a = 0, B b = 0, C c = 0, D d = 0, E e = 0, F f = 0) noexcept {
  return raw_syscall6(number, raw_argument(a), raw_argument(b), raw_argument(c), raw_argument(d),
                      raw_argument(e), raw_argument(f));
}

}  // namespace supervisor
