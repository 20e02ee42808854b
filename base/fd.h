// Owners of kernel objects: file descriptors, pipes, memory files and mappings.
//
// Every descriptor that birl makes is close-on-exec; a child gets what it needs by number in spawn.
// Threads: an owner belongs to one thread at a time; the kernel objects behind it do not care.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace base {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

[[nodiscard]] Result<Fd> duplicate(int fd);
[[nodiscard]] Result<Pipe> make_pipe(int flags = 0);  // O_CLOEXEC is added
[[nodiscard]] Result<void> set_nonblocking(int fd, bool on);

/// Writes what fits at once, at most PIPE_BUF bytes, also when `fd` is somebody else's and blocks
/// (its flags are shared with them, so they cannot be changed). Returns as write does.
ssize_t write_at_once(int fd, std::string_view bytes);

/// Anonymous memory of `bytes`, zero-filled, mode 0600, sealed against SHRINK and GROW, so that a
/// mapping of it can never raise SIGBUS. Where memfd_create is forbidden, an unlinked file in
/// `fallback_directory` (not sealed, space allocated).
[[nodiscard]] Result<Fd> make_memory_file(const std::string& name, std::size_t bytes,
                                          const std::string& fallback_directory);

/// A description of the same memory that can only be read, for handing to less trusted processes.
[[nodiscard]] Result<Fd> reopen_read_only(int fd);

enum class Access { kRead, kReadWrite };

/// A shared mapping. Lifetime: unmapped in the destructor; views into it die with it.
class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  [[nodiscard]] static Result<Mapping> map(int fd, std::size_t offset, std::size_t bytes,
                                           Access access);

  /// Maps [0, prefix + area) and then [prefix, prefix + area) once more right behind it, so that
  /// any run of at most `area` bytes that starts inside the area is contiguous. Both are whole
  /// pages.
  [[nodiscard]] static Result<Mapping> map_twice(int fd, std::size_t prefix_bytes,
                                                 std::size_t area_bytes, Access access);

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] bool valid() const { return data_ != nullptr; }

 private:
  Mapping(std::byte* data, std::size_t bytes) : data_(data), bytes_(bytes) {}

  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace base
