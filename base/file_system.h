// The file system as a seam: what birl asks of it, so that tests can make any call fail.
//
// Paths are absolute or relative to the working directory; errors carry errno in Error::sys_errno.
// Calls may block as long as the file system does (a dead network mount: for ever), so only threads
// that may stall use it. EINTR is not hidden: callers that loop anyway handle it.
// Threads: implementations have no state of their own that callers could race on.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace base {

/// Names one file for as long as it lives; ext4 gives an inode number away again at once, the birth
/// time tells the two files apart (0 where the file system keeps none).
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t birth_ns = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct FileStatus {
  FileIdentity identity;
  std::uint64_t size = 0;
  std::uint32_t links = 0;  // 0: its last name was removed
  bool regular = false;     // else a device, FIFO, ...
  std::uint32_t mode = 0;   // permission bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t modified_ns = 0;  // realtime of the last write
};

/// Who a file is to belong to; unset: whom the kernel gives it to.
struct FileOwner {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;

  [[nodiscard]] bool empty() const { return !uid && !gid; }
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Opens for reading and appending; made with `mode` (less the umask) when it does not exist.
  [[nodiscard]] virtual Result<Fd> open_append(const std::string& path, std::uint32_t mode) = 0;
  /// Opens an existing file for reading and appending.
  [[nodiscard]] virtual Result<Fd> open_existing(const std::string& path) = 0;
  /// Opens for reading and writing at any place; made with `mode` when it does not exist.
  [[nodiscard]] virtual Result<Fd> open_update(const std::string& path, std::uint32_t mode) = 0;
  /// Opens an existing file for reading.
  [[nodiscard]] virtual Result<Fd> open_read(const std::string& path) = 0;

  [[nodiscard]] virtual Result<FileStatus> status(int fd) = 0;
  [[nodiscard]] virtual Result<FileStatus> status(const std::string& path) = 0;

  /// One writev: may take less than all. Returns what was taken, at least 1.
  [[nodiscard]] virtual Result<std::size_t> append(int fd, std::span<const iovec> parts) = 0;
  /// One pread: 0 at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read_at(int fd, std::uint64_t offset,
                                                    std::span<char> buffer) = 0;
  /// Writes all of `bytes` at `offset`; the file must come from open_update().
  [[nodiscard]] virtual Result<void> write_at(int fd, std::uint64_t offset,
                                              std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> truncate(int fd, std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<void> sync(int fd) = 0;
  [[nodiscard]] virtual Result<void> set_owner(int fd, const FileOwner& owner) = 0;
  [[nodiscard]] virtual Result<void> set_mode(int fd, std::uint32_t mode) = 0;
  [[nodiscard]] virtual Result<void> set_modified(int fd, std::uint64_t realtime_ns) = 0;

  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& path) = 0;
  /// Like mkdir -p; existing directories are fine, those that are made belong to `owner`. That one
  /// cannot be given away is no error.
  [[nodiscard]] virtual Result<void> make_directories(const std::string& path, std::uint32_t mode,
                                                      const FileOwner& owner) = 0;
  /// Names in a directory, without `.` and `..`, in no order.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
};

class RealFileSystem final : public FileSystem {
 public:
  [[nodiscard]] Result<Fd> open_append(const std::string& path, std::uint32_t mode) override;
  [[nodiscard]] Result<Fd> open_existing(const std::string& path) override;
  [[nodiscard]] Result<Fd> open_update(const std::string& path, std::uint32_t mode) override;
  [[nodiscard]] Result<Fd> open_read(const std::string& path) override;
  [[nodiscard]] Result<FileStatus> status(int fd) override;
  [[nodiscard]] Result<FileStatus> status(const std::string& path) override;
  [[nodiscard]] Result<std::size_t> append(int fd, std::span<const iovec> parts) override;
  [[nodiscard]] Result<std::size_t> read_at(int fd, std::uint64_t offset,
                                            std::span<char> buffer) override;
  [[nodiscard]] Result<void> write_at(int fd, std::uint64_t offset,
                                      std::string_view bytes) override;
  [[nodiscard]] Result<void> truncate(int fd, std::uint64_t size) override;
  [[nodiscard]] Result<void> sync(int fd) override;
  [[nodiscard]] Result<void> set_owner(int fd, const FileOwner& owner) override;
  [[nodiscard]] Result<void> set_mode(int fd, std::uint32_t mode) override;
  [[nodiscard]] Result<void> set_modified(int fd, std::uint64_t realtime_ns) override;
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Result<void> remove(const std::string& path) override;
  [[nodiscard]] Result<void> make_directories(const std::string& path, std::uint32_t mode,
                                              const FileOwner& owner) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) override;
};

}  // namespace base
