#include "shippers/file/gzip_file.h"

#include <zlib.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "base/check.h"

namespace shippers {

namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window, a gzip header
constexpr int kMemoryLevel = 8;

/// zlib's stream over two blocks of memory.
class Deflater {
 public:
  ~Deflater() {
    if (open_) {
      ::deflateEnd(&stream_);
    }
  }
  Deflater() = default;
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  [[nodiscard]] base::Result<void> open() {
    open_ = ::deflateInit2(&stream_, GzipLimits::kLevel, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                           Z_DEFAULT_STRATEGY) == Z_OK;
    return open_ ? base::Result<void>() : base::fail_errno("cannot pack", ENOMEM);
  }

  [[nodiscard]] std::span<char> input() { return input_; }

  void give(std::size_t bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
    stream_.avail_in = static_cast<uInt>(bytes);
  }

  /// The next packed bytes; empty when all that was given is in (with Z_FINISH: when all is out).
  [[nodiscard]] std::span<char> take(int flush) {
    stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
    stream_.avail_out = static_cast<uInt>(output_.size());
    const int result = ::deflate(&stream_, flush);
    ASSERT(result != Z_STREAM_ERROR);
    return std::span(output_).first(output_.size() - stream_.avail_out);
  }

 private:
  z_stream stream_{};
  bool open_ = false;
  std::vector<char> input_ = std::vector<char>(GzipLimits::kBlockBytes);
  std::vector<char> output_ = std::vector<char>(GzipLimits::kBlockBytes);
};

base::Result<void> write_all(base::FileSystem& files, int fd, std::span<char> bytes) {
  while (!bytes.empty()) {
    const iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    const auto count = files.append(fd, {&part, 1});
    if (count) {
      bytes = bytes.subspan(*count);
    } else if (count.error().sys_errno != EINTR) {
      return tl::unexpected(count.error());
    }
  }
  return {};
}

base::Result<void> write_packed(base::FileSystem& files, int target, Deflater& deflater,
                                int flush) {
  for (;;) {
    const std::span<char> packed = deflater.take(flush);
    if (packed.empty()) {
      return {};
    }
    TRY(write_all(files, target, packed));
  }
}

}  // namespace

base::Result<std::uint64_t> gzip_file(base::FileSystem& files, int source, int target,
                                      const std::function<bool()>& must_stop) {
  Deflater deflater;
  TRY(deflater.open());
  std::uint64_t offset = 0;
  for (;;) {
    TRY_ASSIGN(const base::FileStatus status, files.status(source));
    if (must_stop() || status.links == 0) {
      return base::fail(base::ErrorCode::kUnavailable, "cannot pack: it is not wanted any more");
    }
    TRY_ASSIGN(const std::size_t count, files.read_at(source, offset, deflater.input()));
    offset += count;
    deflater.give(count);
    TRY(write_packed(files, target, deflater, count == 0 ? Z_FINISH : Z_NO_FLUSH));
    if (count == 0) {
      return offset;
    }
  }
}

}  // namespace shippers
