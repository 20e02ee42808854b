#include "logging/inputs/staging.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"

namespace logging {

namespace {

constexpr int kStagingBytes = 1 << 20;

ReadResult result_of_failure(int error) {
  switch (error) {
    case EAGAIN:
    case EINTR:
      return {.outcome = ReadResult::Outcome::kEmpty};
    case EINVAL:
      return {.outcome = ReadResult::Outcome::kNoSplice};
    default:
      return {.outcome = ReadResult::Outcome::kEnd};
  }
}

}  // namespace

Staging::Staging(IntakeState& state, base::Fd read_end, base::Fd write_end, base::Diag& diag)
    : state_(state), read_end_(std::move(read_end)), write_end_(std::move(write_end)), diag_(diag) {
  // As large as the kernel lets us: a small one only makes reads smaller.
  for (int bytes = kStagingBytes; bytes > 64 * 1024; bytes /= 2) {
    if (::fcntl(read_end_.get(), F_SETPIPE_SZ, bytes) >= 0) {
      break;
    }
  }
}

std::size_t Staging::bytes_inside() const {
  int bytes = 0;
  ASSERT(::ioctl(read_end_.get(), FIONREAD, &bytes) == 0 && bytes >= 0);
  return static_cast<std::size_t>(bytes);
}

ReadResult Staging::read(RingWriter& writer, std::size_t pipe, int fd, std::size_t limit) {
  state_.ring_id = writer.ring().ring_id();
  state_.pipe = static_cast<std::uint32_t>(pipe);
  state_.sequence = writer.sequence();
  enter(IntakePhase::kSplice);
  base::crash_point("intake.splicing");
  const ssize_t moved =
      ::splice(fd, nullptr, write_end_.get(), nullptr, limit, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  const int error = errno;
  base::crash_point("intake.spliced");
  if (moved <= 0) {
    enter(IntakePhase::kIdle);
    return moved == 0 ? ReadResult{.outcome = ReadResult::Outcome::kEnd} : result_of_failure(error);
  }
  const auto bytes = static_cast<std::size_t>(moved);
  state_.bytes = bytes;
  enter(IntakePhase::kRead);
  base::crash_point("intake.reading");
  finish(writer, pipe, bytes, 0);
  return {.outcome = ReadResult::Outcome::kData, .bytes = bytes};
}

void Staging::finish(RingWriter& writer, std::size_t pipe, std::size_t bytes, std::size_t got) {
  char* place = writer.prepare(pipe, bytes);
  while (got < bytes) {
    const ssize_t count = ::read(read_end_.get(), place + got, bytes - got);
    ASSERT(count > 0 || (count < 0 && errno == EINTR));
    got += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    base::crash_point("intake.read");
  }
  writer.commit(pipe, bytes, base::realtime_ns());
  base::crash_point("intake.committed");
  enter(IntakePhase::kIdle);
  base::crash_point("intake.idle");
}

ReadResult Staging::read_directly(RingWriter& writer, std::size_t pipe, int fd, std::size_t limit) {
  char* place = writer.prepare(pipe, limit);
  const ssize_t count = ::read(fd, place, limit);
  if (count <= 0) {
    return count == 0 ? ReadResult{.outcome = ReadResult::Outcome::kEnd} : result_of_failure(errno);
  }
  const auto bytes = static_cast<std::size_t>(count);
  writer.commit(pipe, bytes, base::realtime_ns());
  return {.outcome = ReadResult::Outcome::kData, .bytes = bytes};
}

std::uint64_t Staging::interrupted_ring() const {
  return state_.phase.load(std::memory_order_acquire) == IntakePhase::kIdle ? 0 : state_.ring_id;
}

void Staging::recover(RingWriter* writer) {
  const IntakePhase phase = state_.phase.load(std::memory_order_acquire);
  const std::size_t inside = bytes_inside();
  const bool open = phase != IntakePhase::kIdle && writer != nullptr &&
                    state_.pipe < RingLimits::kPipes && state_.sequence == writer->sequence();
  const std::size_t bytes = phase == IntakePhase::kRead ? state_.bytes : inside;
  if (!open || bytes < inside || bytes > writer->ring().capacity() / 4) {
    discard();
  } else if (bytes > 0) {
    if (phase == IntakePhase::kSplice) {
      state_.bytes = bytes;  // so that a second death while recovering counts from here
      enter(IntakePhase::kRead);
    }
    base::crash_point("intake.recovering");
    finish(*writer, state_.pipe, bytes, bytes - inside);
  }
  enter(IntakePhase::kIdle);
}

/// Bytes that belong to no ring any more. After a commit there are none.
void Staging::discard() {
  const std::size_t lost = bytes_inside();
  std::array<char, 4096> buffer;
  for (std::size_t inside = lost; inside > 0; inside = bytes_inside()) {
    if (::read(read_end_.get(), buffer.data(), buffer.size()) <= 0) {
      break;
    }
  }
  if (lost > 0) {
    diag_.error("{} bytes of log output were lost with a damaged ring", lost);
  }
}

}  // namespace logging
