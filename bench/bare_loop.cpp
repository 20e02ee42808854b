// bare_loop: the floor that a log writer is measured against. It reads the standard input, counts
// newlines, writes to DIRECTORY/current, and rotates; it can lose lines when killed, knows one
// stream, and does nothing else.
//
// usage: bare_loop DIRECTORY [ROTATE-BYTES [KEEP]]
// Its pipe is enlarged to 1 MiB and its reads are as large: what a plain loop does at its best.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "base/text.h"

namespace bench {
namespace {

constexpr std::size_t kReadBytes = 1U << 20U;

class RotatedFile {
 public:
  RotatedFile(std::string directory, std::uint64_t bytes_max, std::uint64_t keep)
      : directory_(std::move(directory)), bytes_max_(bytes_max), keep_(keep) {}

  base::Result<void> open() {
    const std::string path = directory_ + "/current";
    file_ = base::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    bytes_ = 0;
    if (!file_.valid()) {
      return base::fail_errno("cannot open " + path);
    }
    return {};
  }

  base::Result<void> write(std::string_view data) {
    if (bytes_ + data.size() > bytes_max_) {
      TRY(rotate());
    }
    bytes_ += data.size();
    while (!data.empty()) {
      const ssize_t wrote = ::write(file_.get(), data.data(), data.size());
      if (wrote < 0) {
        return base::fail_errno("cannot write");
      }
      data.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

 private:
  base::Result<void> rotate() {
    archives_.push_back(fmt::format("{}/current.t{:09}", directory_, ++rotations_));
    if (::rename((directory_ + "/current").c_str(), archives_.back().c_str()) != 0) {
      return base::fail_errno("cannot rename to " + archives_.back());
    }
    if (archives_.size() > keep_) {
      ::unlink(archives_.front().c_str());
      archives_.pop_front();
    }
    return open();
  }

  std::string directory_;
  std::uint64_t bytes_max_;
  std::uint64_t keep_;
  base::Fd file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t rotations_ = 0;
  std::deque<std::string> archives_;
};

base::Result<std::uint64_t> copy_lines(RotatedFile& file) {
  ::fcntl(STDIN_FILENO, F_SETPIPE_SZ, kReadBytes);  // without the right to it, the default does
  TRY(file.open());
  std::string buffer(kReadBytes, '\0');
  std::uint64_t lines = 0;
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0) {
      return base::fail_errno("cannot read");
    }
    if (got == 0) {
      return lines;
    }
    const std::string_view data(buffer.data(), static_cast<std::size_t>(got));
    lines += static_cast<std::uint64_t>(std::count(data.begin(), data.end(), '\n'));
    TRY(file.write(data));
  }
}

int run_bare_loop(int argc, char** argv) {
  const auto bytes_max = base::parse_bytes(argc > 2 ? argv[2] : "16MiB");
  const auto keep = base::parse_decimal(argc > 3 ? argv[3] : "10");
  if (argc < 2 || argc > 4 || !bytes_max || !keep) {
    fmt::print(stderr, "usage: bare_loop DIRECTORY [ROTATE-BYTES [KEEP]]\n");
    return 2;
  }
  RotatedFile file(argv[1], *bytes_max, *keep);
  const auto lines = copy_lines(file);
  if (!lines) {
    fmt::print(stderr, "bare_loop: {}\n", lines.error().message);
    return 1;
  }
  fmt::print("{}\n", *lines);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run_bare_loop(argc, argv);
}
