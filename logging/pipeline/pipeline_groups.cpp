#include <algorithm>

#include "base/check.h"
#include "logging/pipeline/pipeline_run.h"

// The multiline half of a run: groups of lines that are open.

namespace logging {

namespace {

bool is_same_text(const Value& a, const Value& b) {
  return a.text.data() == b.text.data() && a.text.size() == b.text.size();
}

std::uint64_t end_of(const Record& record) {
  return record.position + record.raw.text.size();
}

}  // namespace

PipelineRun::Group& PipelineRun::group_of(const MultilineStep& step, Stream stream) {
  return groups_[step.group][static_cast<std::size_t>(stream)];
}

bool PipelineRun::joins(const MultilineStep& step, Group& group, const Record& record) const {
  const bool in_time = record.read_ns <= group.last_ns + step.rule.timeout_ns() &&
                       record.position <= group.last_end + step.rule.bytes_max();
  const bool fits =
      group.record.message.text.size() + 1 + record.message.text.size() <= step.rule.bytes_max();
  return in_time && fits && group.record.incarnation == record.incarnation && !record.is_piece &&
         !group.record.is_piece && step.rule.continues(record.message.text, group.state);
}

/// A group of the other stream that is over must not keep this place open.
bool PipelineRun::is_over(const MultilineStep& step, const Group& group, const Record& record) {
  return record.read_ns > group.last_ns + step.rule.timeout_ns() ||
         record.position > group.last_end + step.rule.bytes_max();
}

PipelineRun::Fate PipelineRun::hold(const MultilineStep& step, Record& record, std::size_t index) {
  Group& other =
      group_of(step, record.stream == Stream::kStdout ? Stream::kStderr : Stream::kStdout);
  Group& group = group_of(step, record.stream);
  const bool close_other = other.open && is_over(step, other, record);
  if (group.open && joins(step, group, record)) {
    if (close_other) {
      close(other);
    }
    join(group, record);
    return Fate::kHeld;
  }
  // The older one first, as flush() does it: the same run must come out the same.
  const bool other_first = close_other && other.record.position < group.record.position;
  if (close_other && (other_first || !group.open)) {
    close(other);
  }
  if (group.open) {
    close(group);
  }
  if (close_other && other.open) {
    close(other);
  }
  open(group, record, step, index);
  return Fate::kHeld;
}

void PipelineRun::join(Group& group, const Record& record) {
  const bool same = is_same_text(group.record.message, group.record.raw) &&
                    is_same_text(record.message, record.raw);
  extend(group.record.message, record.message, group.capacity, group.owned);
  if (same) {
    group.record.raw = group.record.message;
  } else {
    group.record.raw = {arena_.join(arena_.join(group.record.raw.text, "\n"), record.raw.text),
                        ValueKind::kText};
  }
  group.record.lines += record.lines;
  group.last_ns = record.read_ns;
  group.last_end = end_of(record);
}

void PipelineRun::open(Group& group, Record& record, const MultilineStep& step, std::size_t index) {
  group.open = true;
  group.owned = false;
  group.capacity = 0;
  group.state = step.rule.begin(record.message.text);
  group.last_ns = record.read_ns;
  group.last_end = end_of(record);
  group.step = &step;
  group.next_step = index + 1;
  std::swap(group.record, record);
  ++open_groups_;
  open_timeout_ns_ = step.rule.timeout_ns();
}

void PipelineRun::close(Group& group) {
  ASSERT(group.open);
  group.open = false;
  --open_groups_;
  run_from(group.record, group.next_step);
}

/// Puts `next` behind `value` as a line. Lines that stand one behind the other in the ring are not
/// copied: the view grows.
void PipelineRun::extend(Value& value, const Value& next, std::size_t& capacity, bool& owned) {
  std::string_view& text = value.text;
  const std::size_t bytes = text.size() + 1 + next.text.size();
  const bool adjacent = !owned && text.data() + text.size() + 1 == next.text.data() &&
                        text.data()[text.size()] == '\n';
  if (adjacent) {
    text = {text.data(), bytes};
    value.kind = ValueKind::kText;
    return;
  }
  if (!owned || bytes > capacity) {
    capacity = std::max(bytes * 2, std::size_t{1024});
    char* room = arena_.take(capacity);
    std::copy(text.begin(), text.end(), room);
    text = {room, text.size()};
    owned = true;
  }
  char* end = const_cast<char*>(text.data()) + text.size();  // the arena's, hence ours
  *end = '\n';
  std::copy(next.text.begin(), next.text.end(), end + 1);
  value = {{text.data(), bytes}, ValueKind::kText};
}

void PipelineRun::flush() {
  while (open_groups_ > 0) {
    Group* oldest = nullptr;
    for (auto& streams : groups_) {
      for (Group& group : streams) {
        if (group.open && (oldest == nullptr || group.record.position < oldest->record.position)) {
          oldest = &group;
        }
      }
    }
    close(*oldest);
  }
}

bool PipelineRun::is_only_open_at(std::uint64_t position) const {
  if (open_groups_ != 1) {
    return false;
  }
  for (const auto& streams : groups_) {
    for (const Group& group : streams) {
      if (group.open) {
        return group.record.position == position;
      }
    }
  }
  return false;
}

std::uint64_t PipelineRun::newest_open_ns() const {
  std::uint64_t newest = 0;
  for (const auto& streams : groups_) {
    for (const Group& group : streams) {
      newest = group.open ? std::max(newest, group.last_ns) : newest;
    }
  }
  return newest;
}

}  // namespace logging
