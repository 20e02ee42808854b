#include "logging/router/queue_feeder.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "logging/admission.h"
#include "logging/handoff/shared_slot.h"

namespace logging {

namespace {

constexpr char kNewline = '\n';
constexpr std::size_t kServiceBytesTold = 256;  // so that a notice is no longer than kNoticeBytes

std::uint64_t count_of(const DropCounts& dropped, DropReason reason) {
  return dropped[static_cast<std::size_t>(reason)];
}

std::uint32_t pipe_of(const FrameHeader& frame) {
  return (std::uint32_t{frame.incarnation} << 1U) | static_cast<std::uint32_t>(frame.stream);
}

}  // namespace

QueueFeeder::QueueFeeder(Options options, RingConsumer& source, RingMap& queue)
    : options_(std::move(options)), source_(source), queue_(queue), writer_(queue) {
  options_.service.resize(std::min<std::size_t>(options_.service.size(), kServiceBytesTold));
  ASSERT(queue.header().origin.source_ring_id == source.ring_id());
}

void QueueFeeder::recover() {
  const CommitSlot committed = queue_.commit();
  take_ = committed.take;
  const bool was_cut_off = source_.cursor() == take_.from && !(take_.to == take_.from);
  if (was_cut_off) {
    DropCounts dropped{};
    dropped[static_cast<std::size_t>(DropReason::kQueueFull)] =
        take_.to.line - take_.from.line - take_.lines;
    source_.commit(take_.to, dropped, take_.lines);
    base::crash_point("queue.recovered");
  }
  const QueueOrigin& origin = queue_.header().origin;
  untold_ = count_of(source_.dropped(), DropReason::kQueueFull) -
            count_of(origin.dropped, DropReason::kQueueFull) - take_.told_lines;
  static_cast<void>(settle());
}

void QueueFeeder::begin(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  used_ = queue_.capacity() - writer_.free_bytes_now();
  dropped_ = 0;
  take_.from = take_.to = source_.cursor();
  take_.lines = 0;
}

base::Result<bool> QueueFeeder::step(std::uint64_t now_ns) {
  TRY_ASSIGN(const auto frames, source_.peek(QueueFeederLimits::kTakeBytes));
  begin(now_ns);
  if (frames.empty()) {
    return tell_late(now_ns);
  }
  bool went_on = false;
  for (const FrameView& frame : frames) {
    if (!take_frame(frame)) {
      break;
    }
    went_on = true;
  }
  if (!went_on && take_.to == take_.from) {
    return false;
  }
  publish(frames.front().header.time_ns);
  return true;
}

void QueueFeeder::publish(std::uint64_t time_ns) {
  writer_.publish_take(take_, time_ns);
  base::crash_point("queue.filled");
  DropCounts dropped{};
  dropped[static_cast<std::size_t>(DropReason::kQueueFull)] = dropped_;
  source_.commit(take_.to, dropped, take_.lines);
  base::crash_point("queue.taken");
}

/// False: it, or the rest of it, stays in the service's ring.
bool QueueFeeder::take_frame(const FrameView& frame) {
  if (frame.is_notice()) {
    if (fits(frame.bytes.size(), queue_.capacity())) {
      append_frame(frame.header, frame.bytes);
    }
    return true;
  }
  return take_whole(frame) || take_lines(frame);
}

/// The usual case: there is room for anything, so nobody looks at the lines.
bool QueueFeeder::take_whole(const FrameView& frame) {
  const std::uint64_t limit = free_for_all_bytes(options_.policy, queue_.capacity());
  const bool is_losing = (frame.header.flags & kFrameContinues) != 0 && !losing_.empty();
  if (is_losing || !fits(frame.bytes.size(), limit)) {
    return false;
  }
  const bool is_all = frame.bytes.size() == frame.header.bytes;
  const std::uint64_t done = is_all ? 0 : take_.to.line - frame.header.first_line;
  append_run(frame, 0, frame.bytes.size(), static_cast<std::uint32_t>(frame.header.lines - done));
  take_.to = RingConsumer::advance(take_.to, frame, frame.bytes.size());
  losing_.erase(pipe_of(frame.header));
  return true;
}

bool QueueFeeder::take_lines(const FrameView& frame) {
  const std::string_view bytes = frame.bytes;
  const bool is_all = bytes.size() == frame.header.bytes;
  std::size_t run_from = 0;
  std::uint32_t run_lines = 0;
  std::size_t at = 0;
  bool goes_on = true;
  while (at < bytes.size() && goes_on) {
    const std::size_t newline = bytes.find(kNewline, at);
    const std::size_t end = newline == std::string_view::npos ? bytes.size() : newline + 1;
    const bool is_open = newline == std::string_view::npos;
    const Line line{.text = bytes.substr(at, end - at),
                    .continues = at == 0 && is_all && (frame.header.flags & kFrameContinues) != 0,
                    .more = is_open && (frame.header.flags & kFrameMore) != 0};
    const std::uint32_t counts = line.more ? 0 : 1;
    const Fate fate = judge(frame, line, at - run_from);
    if (fate == Fate::kIn) {
      run_lines += counts;
      at = end;
      continue;
    }
    append_run(frame, run_from, at, run_lines);
    run_lines = 0;
    goes_on = fate == Fate::kDropped;
    if (goes_on) {
      dropped_ += counts;
      untold_ += counts;
      last_dropped_ = frame.header;
      at = end;
      run_from = end;
    } else {
      run_from = at;
    }
  }
  append_run(frame, run_from, at, run_lines);
  if (at > 0) {
    take_.to = RingConsumer::advance(take_.to, frame, at);
  }
  return goes_on;
}

QueueFeeder::Fate QueueFeeder::judge(const FrameView& frame, const Line& line,
                                     std::size_t run_bytes) {
  const std::uint32_t pipe = pipe_of(frame.header);
  const bool is_losing = losing_.contains(pipe);
  if (line.continues && is_losing) {
    if (!line.more) {
      losing_.erase(pipe);
    }
    return Fate::kDropped;
  }
  losing_.erase(pipe);
  Severity severity = Severity::kEmergency;  // what has begun is let in as long as it fits
  if (options_.policy == WhenFull::kDropByLevel && !line.continues) {
    const bool is_error = frame.header.stream == Stream::kStderr;
    severity =
        find_severity(line.text).value_or(is_error ? options_.stderr_severity : Severity::kInfo);
  }
  const std::uint64_t limit = admitted_bytes(options_.policy, severity, queue_.capacity());
  if (fits(run_bytes + line.text.size(), limit)) {
    return Fate::kIn;
  }
  const bool drops =
      options_.policy == WhenFull::kDropNewest || options_.policy == WhenFull::kDropByLevel;
  if (drops && line.more) {
    losing_[pipe] = true;
  }
  return drops ? Fate::kDropped : Fate::kStays;
}

/// Beside a notice, which may have to go before it.
bool QueueFeeder::fits(std::uint64_t payload_bytes, std::uint64_t limit) const {
  return used_ + frame_size(payload_bytes) + QueueFeederLimits::kNoticeBytes <= limit;
}

/// [from, to) of the frame's bytes; nothing where that is empty.
void QueueFeeder::append_run(const FrameView& frame, std::size_t from, std::size_t to,
                             std::uint32_t lines) {
  if (from == to) {
    return;
  }
  FrameHeader like = frame.header;
  if (untold_ > 0 && now_ns_ >= notice_due_ns_) {
    append_notice(like);
  }
  const bool is_start = from == 0 && frame.bytes.size() == frame.header.bytes;
  const bool is_end = to == frame.bytes.size();
  unsigned flags = like.flags;
  flags &= is_start ? ~0U : ~unsigned{kFrameContinues};
  flags &= is_end ? ~0U : ~(unsigned{kFrameMore} | unsigned{kFrameUnterminated});
  like.flags = static_cast<std::uint8_t>(flags);
  like.lines = lines;
  append_frame(like, frame.bytes.substr(from, to - from));
  take_.lines += lines;
}

void QueueFeeder::append_frame(const FrameHeader& like, std::string_view payload) {
  writer_.append(like, payload);
  used_ += frame_size(payload.size());
}

void QueueFeeder::append_notice(const FrameHeader& like) {
  FrameHeader notice = like;
  notice.flags = 0;
  notice.lines = 0;
  const std::string text = loss_notice(untold_, options_.service);
  ASSERT(frame_size(text.size()) <= QueueFeederLimits::kNoticeBytes);
  append_frame(notice, text);
  take_.told_lines += untold_;
  untold_ = 0;
  notice_due_ns_ = now_ns_ + QueueFeederLimits::kNoticeNs;
}

/// No line comes any more behind those that were dropped. While the queue is full more may be, at
/// the same place. False: there is nothing to tell now.
bool QueueFeeder::tell_late(std::uint64_t now_ns) {
  const bool is_full = !fits(0, queue_.capacity() - queue_.capacity() / 8);
  if (untold_ == 0 || now_ns < notice_due_ns_ || is_full) {
    return false;
  }
  if (last_dropped_.time_ns == 0) {
    last_dropped_.time_ns = base::realtime_ns();  // a router before has dropped them
  }
  append_notice(last_dropped_);
  publish(last_dropped_.time_ns);
  return true;
}

bool QueueFeeder::settle() {
  const ConsumerSlot done_slot = read_slot(reader().sequence, reader().slots);
  const QueueOrigin& origin = queue_.header().origin;
  const std::uint64_t done = done_slot.cursor.line - reader().attached_line - done_slot.spooled;
  const std::uint64_t settled = source_.settled_sequence() - origin.settled_sequence;
  if (done <= settled) {
    return false;
  }
  DropCounts dropped = done_slot.dropped;
  const DropCounts counted = source_.dropped();
  for (std::size_t reason = 0; reason < kDropReasons; ++reason) {
    const std::uint64_t before = counted[reason] - origin.dropped[reason];
    dropped[reason] -= std::min(dropped[reason], before);
  }
  source_.settle(origin.settled_sequence + done, done - settled, dropped);
  return true;
}

}  // namespace logging
