#include "logging/inputs/service_pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

namespace logging {

namespace {

constexpr std::size_t kDefaultBytes = 64 * 1024;
constexpr std::size_t kLargeBytes = 256 * 1024;
constexpr std::size_t kLargestBytes = 1024 * 1024;
constexpr int kFullBeforeGrowth = 3;

}  // namespace

bool PipeBudget::take(std::size_t bytes) {
  const auto wanted = static_cast<std::int64_t>(bytes);
  if (wanted > free_) {
    return false;
  }
  free_ -= wanted;
  return true;
}

ServicePipe::ServicePipe(base::Fd fd, const PipeInfo& info, PipeBudget& budget)
    : fd_(std::move(fd)), info_(info), budget_(budget) {
  const int bytes = ::fcntl(fd_.get(), F_GETPIPE_SZ);
  pipe_bytes_ = bytes > 0 ? static_cast<std::size_t>(bytes) : kDefaultBytes;
  cannot_grow_ = bytes <= 0;
  if (pipe_bytes_ > kDefaultBytes) {
    budget_.charge(pipe_bytes_);
  }
  pacing_.set_never_waits(pipe_bytes_ <= ReadPacing::kSmallPipeBytes);
}

ServicePipe::~ServicePipe() {
  if (pipe_bytes_ > kDefaultBytes) {
    budget_.give_back(pipe_bytes_);
  }
}

void ServicePipe::on_data(std::size_t bytes, std::uint64_t now_ns) {
  pacing_.on_data(bytes, pipe_bytes_, now_ns);
  found_full_ = bytes >= pipe_bytes_ / 8 * 3 ? found_full_ + 1 : 0;
  if (found_full_ < kFullBeforeGrowth || cannot_grow_ || pipe_bytes_ >= kLargestBytes) {
    return;
  }
  found_full_ = 0;
  resize(pipe_bytes_ < kLargeBytes ? kLargeBytes : kLargestBytes);
}

void ServicePipe::resize(std::size_t bytes) {
  if (!budget_.take(bytes)) {
    return;
  }
  if (::fcntl(fd_.get(), F_SETPIPE_SZ, static_cast<int>(bytes)) < 0) {
    cannot_grow_ = true;
    budget_.give_back(bytes);
    return;
  }
  if (pipe_bytes_ > kDefaultBytes) {
    budget_.give_back(pipe_bytes_);
  }
  pipe_bytes_ = bytes;
  pacing_.set_never_waits(false);
}

void ServicePipe::shrink() {
  found_full_ = 0;
  // EBUSY when something came in meanwhile: then it is not quiet.
  if (pipe_bytes_ > kDefaultBytes &&
      ::fcntl(fd_.get(), F_SETPIPE_SZ, static_cast<int>(kDefaultBytes)) >= 0) {
    budget_.give_back(pipe_bytes_);
    pipe_bytes_ = kDefaultBytes;
  }
}

ServicePipe::Content ServicePipe::look() const {
  pollfd poll{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&poll, 1, 0) < 0 || poll.revents == 0) {
    return Content::kNothing;
  }
  return (poll.revents & POLLIN) != 0 ? Content::kSomething : Content::kEnd;
}

}  // namespace logging
