#include "base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/check.h"

namespace base {

namespace {

#ifndef MFD_NOEXEC_SEAL
constexpr unsigned kNoExecSeal = 0x0008U;  // Linux 6.3
#else
constexpr unsigned kNoExecSeal = MFD_NOEXEC_SEAL;
#endif

int create_memfd(const std::string& name) {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create(name.c_str(), kFlags | kNoExecSeal);
  // An older kernel answers EINVAL to the new flag, a seccomp filter EPERM.
  if (fd >= 0 || (errno != EINVAL && errno != EPERM)) {
    return fd;
  }
  return ::memfd_create(name.c_str(), kFlags);
}

Result<Fd> create_unlinked_file(const std::string& directory, std::size_t bytes) {
  std::string path = directory + "/.memory-XXXXXX";
  Fd file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) {
    return fail_errno(fmt::format("cannot make a memory file in {}", directory));
  }
  ::unlink(path.c_str());
  if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)); error != 0) {
    return fail_errno(fmt::format("cannot allocate {} bytes in {}", bytes, directory), error);
  }
  return file;
}

int protection(Access access) {
  return access == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (fd_ >= 0) {
    ::close(std::exchange(fd_, -1));
  }
}

Result<Fd> duplicate(int fd) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy.valid()) {
    return fail_errno("cannot duplicate a descriptor");
  }
  return copy;
}

Result<Pipe> make_pipe(int flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) != 0) {
    return fail_errno("cannot make a pipe");
  }
  return Pipe{.read = Fd(ends[0]), .write = Fd(ends[1])};
}

Result<void> set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) != 0) {
    return fail_errno("cannot change the blocking mode of a descriptor");
  }
  return {};
}

ssize_t write_at_once(int fd, std::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) {
    return sent;
  }
  // A pipe that is ready has room for PIPE_BUF bytes.
  pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

Result<Fd> make_memory_file(const std::string& name, std::size_t bytes,
                            const std::string& fallback_directory) {
  Fd file(create_memfd(name));
  if (!file.valid()) {
    return create_unlinked_file(fallback_directory, bytes);
  }
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    return fail_errno(fmt::format("cannot size memory file {} to {} bytes", name, bytes));
  }
  ::fchmod(file.get(), 0600);
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail_errno(fmt::format("cannot seal memory file {}", name));
  }
  return file;
}

Result<Fd> reopen_read_only(int fd) {
  const std::string path = fmt::format("/proc/self/fd/{}", fd);
  Fd copy(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!copy.valid()) {
    return fail_errno("cannot reopen a descriptor read-only");
  }
  return copy;
}

Mapping::Mapping(Mapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Mapping::~Mapping() {
  if (data_ != nullptr) {
    ::munmap(data_, bytes_);
  }
}

Result<Mapping> Mapping::map(int fd, std::size_t offset, std::size_t bytes, Access access) {
  void* address =
      ::mmap(nullptr, bytes, protection(access), MAP_SHARED, fd, static_cast<off_t>(offset));
  if (address == MAP_FAILED) {
    return fail_errno(fmt::format("cannot map {} bytes", bytes));
  }
  return Mapping(static_cast<std::byte*>(address), bytes);
}

Result<Mapping> Mapping::map_twice(int fd, std::size_t prefix_bytes, std::size_t area_bytes,
                                   Access access) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  ASSERT(prefix_bytes % page == 0 && area_bytes % page == 0 && area_bytes > 0);
  const std::size_t total = prefix_bytes + 2 * area_bytes;
  // Reserve the whole range first; the two maps then replace it and cannot collide with others.
  void* address = ::mmap(nullptr, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) {
    return fail_errno(fmt::format("cannot reserve {} bytes of addresses", total));
  }
  Mapping mapping(static_cast<std::byte*>(address), total);
  std::byte* second = mapping.data_ + prefix_bytes + area_bytes;
  if (::mmap(mapping.data_, prefix_bytes + area_bytes, protection(access), MAP_SHARED | MAP_FIXED,
             fd, 0) == MAP_FAILED ||
      ::mmap(second, area_bytes, protection(access), MAP_SHARED | MAP_FIXED, fd,
             static_cast<off_t>(prefix_bytes)) == MAP_FAILED) {
    return fail_errno("cannot map a ring");
  }
  return mapping;
}

}  // namespace base
