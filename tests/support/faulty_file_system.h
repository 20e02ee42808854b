// A file system that fails when a test says so: the N-th call, once or from then on, with a chosen
// errno; and that writes only a few bytes at a time.
//
// Everything else goes to the real one, but for syncing: tests survive no power cut. Threads: one.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace test_support {

struct Fault {
  std::size_t call = std::numeric_limits<std::size_t>::max();  // the first one to fail, from 1
  bool forever = false;                                        // else only that one
  int sys_errno = 0;
};

class FaultyFileSystem final : public base::FileSystem {
 public:
  void set_fault(const Fault& fault) {
    fault_ = fault;
    calls_ = 0;
  }
  void repair() { fault_ = Fault{}; }
  void set_append_bytes_max(std::size_t bytes) { append_bytes_max_ = bytes; }
  [[nodiscard]] std::size_t calls() const { return calls_; }
  [[nodiscard]] std::size_t failures() const { return failures_; }
  [[nodiscard]] std::size_t truncations() const { return truncations_; }
  [[nodiscard]] std::size_t syncs() const { return syncs_; }

  base::Result<base::Fd> open_append(const std::string& path, std::uint32_t mode) override {
    TRY(count_call("open"));
    return real_.open_append(path, mode);
  }
  base::Result<base::Fd> open_existing(const std::string& path) override {
    TRY(count_call("open"));
    return real_.open_existing(path);
  }
  base::Result<base::Fd> open_update(const std::string& path, std::uint32_t mode) override {
    TRY(count_call("open"));
    return real_.open_update(path, mode);
  }
  base::Result<base::Fd> open_read(const std::string& path) override {
    TRY(count_call("open"));
    return real_.open_read(path);
  }
  base::Result<base::FileStatus> status(int fd) override {
    TRY(count_call("fstat"));
    return real_.status(fd);
  }
  base::Result<base::FileStatus> status(const std::string& path) override {
    TRY(count_call("stat"));
    return real_.status(path);
  }
  base::Result<std::size_t> append(int fd, std::span<const iovec> parts) override {
    TRY(count_call("writev"));
    std::vector<iovec> some;
    std::size_t left = append_bytes_max_;
    for (const iovec& part : parts) {
      if (left == 0) {
        break;
      }
      some.push_back({.iov_base = part.iov_base, .iov_len = std::min(part.iov_len, left)});
      left -= some.back().iov_len;
    }
    return real_.append(fd, some);
  }
  base::Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<char> buffer) override {
    TRY(count_call("pread"));
    return real_.read_at(fd, offset, buffer);
  }
  base::Result<void> write_at(int fd, std::uint64_t offset, std::string_view bytes) override {
    TRY(count_call("pwrite"));
    return real_.write_at(fd, offset, bytes);
  }
  base::Result<void> truncate(int fd, std::uint64_t size) override {
    TRY(count_call("ftruncate"));
    ++truncations_;
    return real_.truncate(fd, size);
  }
  base::Result<void> sync(int fd) override {
    TRY(count_call("fdatasync"));
    ++syncs_;
    return ::fcntl(fd, F_GETFD) >= 0 ? base::Result<void>() : base::fail_errno("fdatasync");
  }
  base::Result<void> set_owner(int fd, const base::FileOwner& owner) override {
    TRY(count_call("fchown"));
    return real_.set_owner(fd, owner);
  }
  base::Result<void> set_mode(int fd, std::uint32_t mode) override {
    TRY(count_call("fchmod"));
    return real_.set_mode(fd, mode);
  }
  base::Result<void> set_modified(int fd, std::uint64_t realtime_ns) override {
    TRY(count_call("futimens"));
    return real_.set_modified(fd, realtime_ns);
  }
  base::Result<void> rename(const std::string& from, const std::string& to) override {
    TRY(count_call("rename"));
    return real_.rename(from, to);
  }
  base::Result<void> remove(const std::string& path) override {
    TRY(count_call("unlink"));
    return real_.remove(path);
  }
  base::Result<void> make_directories(const std::string& path, std::uint32_t mode,
                                      const base::FileOwner& owner) override {
    TRY(count_call("mkdir"));
    return real_.make_directories(path, mode, owner);
  }
  base::Result<std::vector<std::string>> list(const std::string& directory) override {
    TRY(count_call("readdir"));
    return real_.list(directory);
  }

 private:
  base::Result<void> count_call(const char* name) {
    ++calls_;
    if (calls_ == fault_.call || (fault_.forever && calls_ > fault_.call)) {
      ++failures_;
      return base::fail_errno(name, fault_.sys_errno);
    }
    return {};
  }

  base::RealFileSystem real_;
  Fault fault_;
  std::size_t calls_ = 0;
  std::size_t failures_ = 0;
  std::size_t truncations_ = 0;
  std::size_t syncs_ = 0;
  std::size_t append_bytes_max_ = std::numeric_limits<std::size_t>::max();
};

}  // namespace test_support
