// The ring after every single store: a child works on a ring under PTRACE_SINGLESTEP, and each
// memory image that it leaves behind is recovered as if the router had been killed right there.
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "logging/handoff/ring_recover.h"
#include "tests/logging/line_checker.h"
#include "tests/logging/test_ring.h"

namespace logging {
namespace {

#ifdef BIRL_SANITIZED
constexpr bool kSingleStepWorks = false;  // the sanitizer's own code would be stepped through too
#else
constexpr bool kSingleStepWorks = true;
#endif

constexpr std::size_t kPrefilledBytes = 50'000;

/// What pipe 0 carries: ordinary lines, then one that must be cut, then ordinary ones again.
std::string whole_text() {
  return numbered_lines(0, 1150) + std::string(17'000, 'x') + "\n" + numbered_lines(0, 100);
}

/// Works on the ring like a router; everything behind the prefilled part is watched.
[[noreturn]] void run_child(TestRing& ring, const std::string& text) {
  const auto gating = ring.claim("files", ConsumerKind::kGating);
  const auto lapping = ring.claim("net", ConsumerKind::kLapping);
  std::size_t at = 0;
  const auto feed = [&](std::size_t bytes) {
    bytes = std::min(bytes, text.size() - at);
    if (bytes > 0 && ring.feed(0, std::string_view(text).substr(at, bytes))) {
      at += bytes;
    }
  };
  while (at < kPrefilledBytes) {
    feed(5000);
    static_cast<void>(take_all(*gating));
  }
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  for (const std::size_t bytes : {700UL, 13UL, 1UL, 1UL, 900UL, 8600UL, 8600UL, 700UL}) {
    feed(bytes);
    if (const auto frames = gating->peek(1); frames && !frames->empty() && bytes != 13) {
      const FrameView& frame = frames->front();
      const std::size_t line_bytes = frame.bytes.find('\n');
      const bool part = bytes == 900 && line_bytes != std::string_view::npos;
      gating->commit(RingConsumer::advance(gating->cursor(), frame,
                                           part ? line_bytes + 1 : frame.bytes.size()));
    }
  }
  static_cast<void>(lapping->peek(1));
  static_cast<void>(ring.writer->close_pipe(0, 1));
  ::_exit(0);
}

/// A copy of the shared memory and what a recovery finds in it.
class Image {
 public:
  explicit Image(const std::string& text) : text_(text), lines_before_{0} {
    for (const char c : text) {
      lines_before_.push_back(lines_before_.back() + (c == '\n' ? 1 : 0));
    }
  }

  /// False when nothing has changed since the last call.
  bool take(const base::Mapping& shared) {
    const std::size_t area = RingLimits::kPieceBytesMax;
    const std::size_t used = copy_.map->piece_bytes_max();
    const bool headers = take_part(shared, 0, kCarryAt);
    const bool first_carry = take_part(shared, kCarryAt, used);
    const bool second_carry = take_part(shared, kCarryAt + area, used);
    const bool data = take_part(shared, kDataAt, copy_.map->capacity());
    return headers || first_carry || second_carry || data;
  }

  /// Nothing committed is missing, nothing is twice, and a new router can go on.
  void check() {
    const auto sound = check_ring(*copy_.map);
    ASSERT_TRUE(sound) << sound.error().message;
    const CommitSlot commit = copy_.map->commit();
    const std::uint64_t received = commit.stream_bytes[0];
    ASSERT_GE(received, received_) << "something committed is gone";
    received_ = received;
    const std::uint64_t framed = received - commit.carry[0].bytes;
    ASSERT_EQ(std::string_view(copy_.map->carry(0, commit.carry[0].area), commit.carry[0].bytes),
              std::string_view(text_).substr(framed, commit.carry[0].bytes));
    const std::string kept = kept_text(commit);
    ASSERT_EQ(kept, std::string_view(text_).substr(framed - kept.size(), kept.size()));
    const std::uint64_t lines = lines_before_[framed];
    const bool closed = framed == received && framed > 0 && text_[framed - 1] != '\n';
    ASSERT_EQ(commit.next_line, lines + (closed ? 1 : 0));
    check_ledger();
  }

 private:
  bool take_part(const base::Mapping& shared, std::size_t at, std::size_t bytes) {
    if (std::memcmp(shared.data() + at, target() + at, bytes) == 0) {
      return false;
    }
    std::memcpy(target() + at, shared.data() + at, bytes);
    return true;
  }

  std::byte* target() { return reinterpret_cast<std::byte*>(&copy_.map->header()); }

  std::string kept_text(const CommitSlot& commit) {
    std::string kept;
    for (std::uint64_t at = copy_.map->header().tail.load(); at < commit.head;) {
      const auto frame = copy_.map->frame(at, commit.head);
      kept.append(copy_.map->at(at) + sizeof(FrameHeader), frame->bytes);
      at += frame_size(frame->bytes);
    }
    return kept;
  }

  void check_ledger() {
    for (const auto& state :
         RingView::open(copy_.fd.get(), RingView::Extent::kHeaders)->consumers()) {
      std::uint64_t counted = state.delivered + state.buffered;
      for (const std::uint64_t dropped : state.dropped) {
        counted += dropped;
      }
      ASSERT_EQ(state.received, counted);
    }
  }

  const std::string& text_;
  std::vector<std::uint64_t> lines_before_;  // by offset in the text
  TestRing copy_;
  std::uint64_t received_ = 0;
};

TEST(CrashImageTest, EveryMemoryImageThatAKillCanLeaveIsWhole) {
  if (!kSingleStepWorks) {
    GTEST_SKIP() << "not under sanitizers";
  }
  TestRing ring;
  const std::string text = whole_text();
  const auto shared = base::Mapping::map(ring.fd.get(), 0, ring_file_bytes(ring.map->capacity()),
                                         base::Access::kRead);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    run_child(ring, text);
  }
  int status = 0;
  Image image(text);
  int images = 0;
  while (::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    if (image.take(*shared)) {
      ++images;
      ASSERT_NO_FATAL_FAILURE(image.check()) << "image " << images;
    }
    if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      GTEST_SKIP() << "ptrace is not allowed here";
    }
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_GT(images, 500);
}

}  // namespace
}  // namespace logging
