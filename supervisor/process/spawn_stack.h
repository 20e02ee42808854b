// Memory for a spawned child's few frames (spawn.h).
//
// The page below is not accessible, so that an overflow faults in the child instead of changing
// what is ours. Owner: the start that the child belongs to, until the child has exec'ed or is dead.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <utility>

#include "base/result.h"

namespace supervisor {

class SpawnStack {
 public:
  [[nodiscard]] static base::Result<SpawnStack> make(std::size_t usable_bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t bytes = usable_bytes + page;
    void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) {
      return base::fail_errno("cannot map a stack");
    }
    SpawnStack stack(static_cast<std::byte*>(address), bytes);
    if (::mprotect(address, page, PROT_NONE) != 0) {
      return base::fail_errno("cannot guard a stack");
    }
    return stack;
  }

  SpawnStack(SpawnStack&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)), bytes_(other.bytes_) {}
  SpawnStack& operator=(SpawnStack&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  SpawnStack(const SpawnStack&) = delete;
  SpawnStack& operator=(const SpawnStack&) = delete;
  ~SpawnStack() {
    if (base_ != nullptr) {
      ::munmap(base_, bytes_);
    }
  }

  [[nodiscard]] void* bottom() const { return base_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] void* top() const { return base_ + bytes_; }

 private:
  SpawnStack(std::byte* base, std::size_t bytes) : base_(base), bytes_(bytes) {}

  std::byte* base_;
  std::size_t bytes_;
};

}  // namespace supervisor
