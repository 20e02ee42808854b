#include "bench/line_ledger.h"

#include <algorithm>

#include "bench/numbered_line.h"

namespace bench {

namespace {

constexpr std::size_t kSamplesMax = 10;
constexpr std::size_t kSampleBytesMax = 200;

}  // namespace

void LineLedger::add(std::string_view text) {
  const ParsedLine parsed = parse_line(text);
  const bool in_range = parsed.line.sequence >= 1 && parsed.line.sequence <= limits_.sequence_max;
  if (parsed.kind == LineKind::kForeign || (parsed.kind == LineKind::kWhole && !in_range)) {
    ++foreign_;
    keep_sample(text);
    return;
  }
  Stream& stream = stream_of(parsed.line.id, parsed.line.stream);
  switch (parsed.kind) {
    case LineKind::kWhole:
      book(stream, parsed.line.sequence);
      break;
    case LineKind::kHalf:
      ++stream.counts.halves;
      break;
    case LineKind::kDamaged:
    case LineKind::kForeign:
      ++stream.counts.damaged;
      keep_sample(text);
      break;
  }
}

void LineLedger::expect(const Key& key, std::uint64_t count) {
  Stream& stream = streams_[key];
  stream.has_expectation = true;
  stream.expected = count;
}

std::map<LineLedger::Key, StreamCounts> LineLedger::counts() const {
  std::map<Key, StreamCounts> all;
  for (const auto& [key, stream] : streams_) {
    StreamCounts counts = stream.counts;
    counts.surplus = surplus_of(stream);
    counts.lost = lost_of(stream, counts.surplus);
    all.emplace(key, counts);
  }
  return all;
}

LineLedger::Stream& LineLedger::stream_of(std::string_view id, std::string_view name) {
  if (last_ == nullptr || last_key_.id != id || last_key_.stream != name) {
    last_key_ = {std::string(id), std::string(name)};
    last_ = &streams_[last_key_];
  }
  return *last_;
}

void LineLedger::book(Stream& stream, std::uint64_t sequence) {
  ++stream.counts.lines;
  if (stream.seen.size() <= sequence) {
    stream.seen.resize(std::max<std::size_t>(sequence + 1, stream.seen.size() * 2));
  }
  if (stream.seen[sequence]) {
    ++stream.counts.duplicated;
    return;
  }
  stream.seen[sequence] = true;
  ++stream.distinct;
  if (sequence < stream.highest) {
    ++stream.counts.reordered;
  }
  stream.highest = std::max(stream.highest, sequence);
  stream.lowest = stream.lowest == 0 ? sequence : std::min(stream.lowest, sequence);
}

std::uint64_t LineLedger::surplus_of(const Stream& stream) {
  if (!stream.has_expectation || stream.highest <= stream.expected) {
    return 0;
  }
  const auto first = stream.seen.begin() + static_cast<std::ptrdiff_t>(stream.expected) + 1;
  return static_cast<std::uint64_t>(std::count(first, stream.seen.end(), true));
}

std::uint64_t LineLedger::lost_of(const Stream& stream, std::uint64_t surplus) const {
  const std::uint64_t last = stream.has_expectation ? stream.expected : stream.highest;
  const std::uint64_t gone =
      beginning_ == Beginning::kMayBeGone && stream.lowest > 0 ? stream.lowest - 1 : 0;
  return last - std::min(last, gone) - (stream.distinct - surplus);
}

void LineLedger::keep_sample(std::string_view text) {
  if (samples_.size() < kSamplesMax) {
    samples_.emplace_back(text.substr(0, kSampleBytesMax));
  }
}

}  // namespace bench
