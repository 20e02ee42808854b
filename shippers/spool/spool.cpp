#include "shippers/spool/spool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <tuple>

#include "base/crash_point.h"
#include "shippers/spool/segment_reader.h"

namespace shippers {

namespace {

constexpr std::uint32_t kDirectoryMode = 0700;
constexpr std::uint32_t kFileMode = 0600;
constexpr std::string_view kSuffix = ".spool";
constexpr std::size_t kNameDigits = 16;

/// The last 16 bytes of a full segment: where its summary begins.
struct Trailer {
  std::uint64_t magic = kTrailerMagic;
  std::uint64_t summary_at = 0;
  static constexpr std::uint64_t kTrailerMagic = 0x6c69'6174'7370'6972;  // "ripstail"
};

std::optional<std::uint64_t> parse_name(std::string_view name) {
  std::uint64_t sequence = 0;
  if (name.size() != kNameDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  const char* end = name.data() + kNameDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, sequence, 16);
  return error == std::errc{} && stop == end ? std::optional(sequence) : std::nullopt;
}

bool is_before(const logging::Cursor& a, const logging::Cursor& b) {
  return std::tie(a.frame, a.offset) < std::tie(b.frame, b.offset);
}

}  // namespace

Spool::Spool(const Options& options, base::FileSystem& files, SpoolState state)
    : options_(options), files_(files), state_(std::move(state)) {}

std::uint64_t Spool::segment_bytes() const {
  return std::clamp(options_.bytes_max / SpoolLimits::kSegments, SpoolLimits::kSegmentBytesMin,
                    SpoolLimits::kSegmentBytesMax);
}

base::Result<std::unique_ptr<Spool>> Spool::open(const Options& options, base::FileSystem& files,
                                                 const std::map<std::uint64_t, RingMark>& marks) {
  TRY(files.make_directories(options.directory, kDirectoryMode, {}));
  TRY_ASSIGN(SpoolState state, SpoolState::open(files, options.directory + "/state"));
  std::unique_ptr<Spool> spool(new Spool(options, files, std::move(state)));
  TRY(spool->find_segments());
  TRY(spool->scan_last());
  std::uint64_t last = spool->done_sequence();
  for (const auto& [ring_id, mark] : marks) {
    last = std::max(last, mark.settled_sequence);
  }
  spool->next_sequence_ = std::max(spool->next_sequence_, last + 1);
  spool->read_sequence_ = spool->done_sequence();
  spool->remove_done_segments();
  TRY(spool->recover(marks));
  return spool;
}

base::Result<void> Spool::find_segments() {
  TRY_ASSIGN(const std::vector<std::string> names, files_.list(options_.directory));
  std::vector<std::uint64_t> firsts;
  for (const std::string& name : names) {
    if (const auto first = parse_name(name)) {
      firsts.push_back(*first);
    }
  }
  std::ranges::sort(firsts);
  for (const std::uint64_t first : firsts) {
    Segment segment;
    segment.path = fmt::format("{}/{:016x}{}", options_.directory, first, kSuffix);
    segment.first = first;
    TRY_ASSIGN(segment.file, files_.open_existing(segment.path));
    TRY_ASSIGN(const base::FileStatus status, files_.status(segment.file.get()));
    segment.bytes = status.size;
    bytes_ += segment.bytes;
    if (!segments_.empty()) {
      segments_.back().last = first - 1;
    }
    segments_.push_back(std::move(segment));
  }
  return {};
}

/// Finds where the last segment ends; what a dead router has left half written there is cut off.
base::Result<void> Spool::scan_last() {
  if (segments_.empty()) {
    return {};
  }
  Segment& last = segments_.back();
  last.last = last.first - 1;
  SegmentReader reader(files_, last.file.get());
  std::uint64_t offset = 0;
  bool sealed = false;
  for (;;) {
    TRY_ASSIGN(const auto record, reader.next(offset));
    if (!record) {
      break;
    }
    sealed = record->kind == SpoolRecordKind::kSummary;
    if (!sealed) {
      last.last = record->sequence;
      summarize(*record);
    }
  }
  next_sequence_ = last.last + 1;
  if (!sealed && offset < last.bytes) {
    TRY(files_.truncate(last.file.get(), offset));
    bytes_ -= last.bytes - offset;
    last.bytes = offset;
  }
  last_is_closed_ = sealed;
  return {};
}

base::Result<void> Spool::recover(const std::map<std::uint64_t, RingMark>& marks) {
  std::uint64_t settled = done_sequence();
  for (const auto& [ring_id, mark] : marks) {
    settled = std::max(settled, mark.settled_sequence);
  }
  for (const Segment& segment : segments_) {
    if (segment.first > settled && &segment != &segments_.back()) {
      TRY_ASSIGN(const bool summarized, recover_by_summary(segment, marks));
      if (summarized) {
        continue;
      }
    }
    SegmentReader reader(files_, segment.file.get());
    for (std::uint64_t offset = 0;;) {
      TRY_ASSIGN(const auto record, reader.next(offset));
      if (!record) {
        break;
      }
      if (record->kind == SpoolRecordKind::kBatch && record->sequence > done_sequence()) {
        hold(*record, marks);
      }
    }
  }
  return {};
}

base::Result<bool> Spool::recover_by_summary(const Segment& segment,
                                             const std::map<std::uint64_t, RingMark>& marks) {
  Trailer trailer;
  if (segment.bytes < sizeof(trailer)) {
    return false;
  }
  TRY_ASSIGN(const std::size_t count,
             files_.read_at(segment.file.get(), segment.bytes - sizeof(trailer),
                            std::span(reinterpret_cast<char*>(&trailer), sizeof(trailer))));
  if (count != sizeof(trailer) || trailer.magic != Trailer::kTrailerMagic) {
    return false;
  }
  SegmentReader reader(files_, segment.file.get());
  std::uint64_t offset = trailer.summary_at;
  TRY_ASSIGN(const auto record, reader.next(offset));
  if (!record || record->kind != SpoolRecordKind::kSummary) {
    return false;
  }
  hold(*record, marks);
  return true;
}

void Spool::hold(const SpoolRecord& record, const std::map<std::uint64_t, RingMark>& marks) {
  for (const RingRange& range : record.ranges) {
    RingHolding& holding = holdings_[range.ring_id];
    if (is_before(holding.to, range.to)) {
      holding.to = range.to;
    }
    const auto found = marks.find(range.ring_id);
    const auto mark = found != marks.end() ? found : marks.find(kGoneRings);
    if (mark == marks.end() || record.sequence > mark->second.settled_sequence) {
      holding.lines += range.lines;
    }
    if (mark != marks.end() && is_before(mark->second.cursor, range.to)) {
      holding.lines_beyond += range.lines;
      for (std::size_t reason = 0; reason < range.dropped.size(); ++reason) {
        holding.dropped[reason] += range.dropped[reason];
      }
    }
  }
}

bool Spool::has_room(std::size_t payload_bytes) const {
  return bytes_ == 0 || bytes_ + payload_bytes <= options_.bytes_max;
}

base::Result<std::uint64_t> Spool::append(std::vector<RingRange> ranges, std::uint32_t events,
                                          std::string payload) {
  if (!last_is_closed_ && segments_.back().bytes >= segment_bytes()) {
    seal();
  }
  if (last_is_closed_) {
    TRY(start_segment());
  }
  Segment& segment = segments_.back();
  const std::uint64_t size_before = segment.bytes;
  SpoolRecord record{.sequence = next_sequence_,
                     .events = events,
                     .ranges = std::move(ranges),
                     .payload = std::move(payload)};
  auto written = write_all(segment, encode_record(record));
  base::crash_point("spool.appended");
  if (written && options_.sync) {
    written = files_.sync(segment.file.get());
    base::crash_point("spool.synced");
  }
  if (!written) {
    // When even this fails a reader skips the half record; nothing may be appended to it.
    last_is_closed_ = !files_.truncate(segment.file.get(), size_before).has_value();
    bytes_ -= segment.bytes - size_before;
    segment.bytes = size_before;
    return base::with_context(fmt::format("spool {}", segment.path), written.error());
  }
  summarize(record);
  segment.last = next_sequence_;
  return next_sequence_++;
}

base::Result<void> Spool::start_segment() {
  Segment segment;
  segment.path = fmt::format("{}/{:016x}{}", options_.directory, next_sequence_, kSuffix);
  segment.first = next_sequence_;
  segment.last = next_sequence_ - 1;
  TRY_ASSIGN(segment.file, files_.open_append(segment.path, kFileMode));
  // A segment of this name can only be one that was started and not written to.
  TRY(files_.truncate(segment.file.get(), 0));
  if (!segments_.empty() && segments_.back().first == segment.first) {
    bytes_ -= segments_.back().bytes;
    segments_.pop_back();
  }
  segments_.push_back(std::move(segment));
  read_segment_ = std::min(read_segment_, segments_.size() - 1);
  summary_.clear();
  last_is_closed_ = false;
  base::crash_point("spool.started");
  return {};
}

/// Ends the last segment with its summary. Without one (the disk is full) opening reads it all.
void Spool::seal() {
  Segment& segment = segments_.back();
  SpoolRecord summary;
  summary.sequence = segment.last;
  summary.kind = SpoolRecordKind::kSummary;
  for (const auto& [ring_id, range] : summary_) {
    summary.ranges.push_back(range);
  }
  Trailer trailer;
  trailer.summary_at = segment.bytes;
  last_is_closed_ = true;
  if (summary.ranges.size() > SpoolRecordLimits::kRanges) {
    return;
  }
  std::string bytes = encode_record(summary);
  bytes.append(reinterpret_cast<const char*>(&trailer), sizeof(trailer));
  static_cast<void>(write_all(segment, bytes));
  base::crash_point("spool.sealed");
}

base::Result<void> Spool::write_all(Segment& segment, std::string_view bytes) {
  while (!bytes.empty()) {
    const iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    const auto count = files_.append(segment.file.get(), std::span(&part, 1));
    if (!count && count.error().sys_errno == EINTR) {
      continue;
    }
    if (!count) {
      return base::Unexpected(count.error());
    }
    base::crash_point("spool.wrote_part");
    bytes.remove_prefix(*count);
    segment.bytes += *count;
    bytes_ += *count;
  }
  return {};
}

void Spool::summarize(const SpoolRecord& record) {
  for (const RingRange& range : record.ranges) {
    RingRange& sum = summary_[range.ring_id];
    if (sum.ring_id == 0) {
      sum.ring_id = range.ring_id;
      sum.from = range.from;
    }
    sum.to = range.to;
    sum.lines += range.lines;
    for (std::size_t reason = 0; reason < range.dropped.size(); ++reason) {
      sum.dropped[reason] += range.dropped[reason];
    }
  }
}

base::Result<std::optional<SpoolRecord>> Spool::read_next() {
  while (read_segment_ < segments_.size()) {
    SegmentReader reader(files_, segments_[read_segment_].file.get());
    TRY_ASSIGN(auto record, reader.next(read_offset_));
    if (record && record->kind == SpoolRecordKind::kBatch && record->sequence > read_sequence_) {
      read_sequence_ = record->sequence;
      return record;
    }
    if (record) {
      continue;
    }
    if (read_segment_ + 1 == segments_.size()) {
      // What is missing now (damage) never comes: what was appended is there at once.
      read_sequence_ = next_sequence_ - 1;
      break;
    }
    ++read_segment_;
    read_offset_ = 0;
  }
  return std::nullopt;
}

base::Result<void> Spool::done_to(std::uint64_t sequence) {
  TRY(state_.write(files_, std::max(sequence, done_sequence())));
  base::crash_point("spool.state_written");
  read_sequence_ = std::max(read_sequence_, done_sequence());
  remove_done_segments();
  return {};
}

void Spool::remove_done_segments() {
  while (!segments_.empty() && segments_.front().last <= done_sequence()) {
    if (segments_.size() == 1 && !last_is_closed_) {
      return;  // it is appended to
    }
    if (!files_.remove(segments_.front().path)) {
      return;  // tried again with the next
    }
    base::crash_point("spool.removed");
    bytes_ -= segments_.front().bytes;
    segments_.pop_front();
    if (read_segment_ > 0) {
      --read_segment_;
    } else {
      read_offset_ = 0;
    }
  }
}

base::Result<std::vector<Spool::Listed>> Spool::list_oldest() {
  std::vector<Listed> listed;
  if (segments_.empty()) {
    return listed;
  }
  if (segments_.size() == 1 && !last_is_closed_) {
    seal();
  }
  SegmentReader reader(files_, segments_.front().file.get());
  for (std::uint64_t offset = 0;;) {
    TRY_ASSIGN(auto record, reader.next(offset));
    if (!record) {
      break;
    }
    if (record->kind == SpoolRecordKind::kBatch && record->sequence > done_sequence()) {
      listed.push_back({.sequence = record->sequence, .ranges = std::move(record->ranges)});
    }
  }
  // A segment that damage has left nothing of is given up too.
  if (listed.empty() || listed.back().sequence < segments_.front().last) {
    listed.push_back({.sequence = segments_.front().last, .ranges = {}});
  }
  return listed;
}

}  // namespace shippers
