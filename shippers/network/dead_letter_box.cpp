#include "shippers/network/dead_letter_box.h"

#include "base/crash_point.h"
#include "base/json_writer.h"
#include "base/text.h"

namespace shippers {

base::Result<std::unique_ptr<DeadLetterBox>> DeadLetterBox::open(const Options& options,
                                                                 base::FileSystem& files,
                                                                 logging::DeadLetters& letters) {
  Spool::Options store;
  store.directory = options.directory + "/dead";
  store.bytes_max = options.bytes_max;
  TRY_ASSIGN(auto spool, Spool::open(store, files, {}));
  return std::unique_ptr<DeadLetterBox>(new DeadLetterBox(options, letters, std::move(spool)));
}

std::vector<SpoolEvent> letters_of(const SpoolRecord& record) {
  std::vector<SpoolEvent> events = split_events(record.payload);
  std::erase_if(events, [](const SpoolEvent& event) {
    return event.range == DeadLetterLimits::kReasonRange;
  });
  for (SpoolEvent& event : events) {
    event.lines = 0;  // they were counted when they were refused
    event.range = DeadLetterLimits::kNoRange;
  }
  return events;
}

base::Result<void> DeadLetterBox::keep(std::span<const SpoolEvent> events,
                                       const std::string& reason, std::uint64_t realtime_ns) {
  std::string payload;
  append_event(payload,
               {.key = {}, .text = reason, .lines = 0, .range = DeadLetterLimits::kReasonRange});
  for (const SpoolEvent& event : events) {
    append_event(
        payload,
        {.key = event.key, .text = event.text, .lines = 0, .range = DeadLetterLimits::kNoRange});
  }
  while (!store_->is_empty() && !store_->has_room(payload.size())) {
    TRY_ASSIGN(const auto oldest, store_->list_oldest());
    if (oldest.empty()) {
      break;
    }
    TRY(store_->done_to(oldest.back().sequence));
  }
  // No ring: its time is what the range is for.
  const RingRange when{.ring_id = 0, .from = {}, .to = {}, .time_ns = realtime_ns};
  TRY(store_->append({when}, static_cast<std::uint32_t>(events.size()), std::move(payload)));
  base::crash_point("dead_letters.kept");
  return {};
}

std::string DeadLetterBox::line_of(const SpoolEvent& event, const std::string& reason,
                                   std::uint64_t realtime_ns) const {
  base::JsonWriter json;
  json.begin_object()
      .field("time", base::format_rfc3339_ms(realtime_ns))
      .field("sink", options_.sink)
      .field("reason", reason)
      .field("event", base::trim(event.text))
      .end_object();
  return json.text();
}

base::Result<bool> DeadLetterBox::bury(std::uint64_t sequence, std::span<const SpoolEvent> events,
                                       const std::string& reason, std::uint64_t realtime_ns) {
  base::Result<void> kept;
  if (burying_ != sequence) {
    burying_ = sequence;
    told_ = 0;
    kept = keep(events, reason, realtime_ns);
  }
  while (told_ < events.size() &&
         letters_.put(options_.target, line_of(events[told_], reason, realtime_ns))) {
    ++told_;
    base::crash_point("dead_letters.told");
  }
  if (!kept) {
    return base::Unexpected(kept.error());
  }
  if (told_ < events.size()) {
    return false;
  }
  burying_.reset();
  return true;
}

base::Result<std::uint64_t> DeadLetterBox::replay(Spool& spool) {
  std::uint64_t count = 0;
  while (!store_->is_read()) {
    TRY_ASSIGN(const auto record, store_->read_next());
    if (!record) {
      break;
    }
    const std::vector<SpoolEvent> events = letters_of(*record);
    std::string payload;
    for (const SpoolEvent& event : events) {
      append_event(payload, event);
    }
    if (!events.empty()) {
      TRY(spool.append({}, static_cast<std::uint32_t>(events.size()), std::move(payload)));
    }
    base::crash_point("dead_letters.replayed");
    TRY(store_->done_to(record->sequence));
    count += events.size();
  }
  return count;
}

base::Result<std::uint64_t> DeadLetterBox::forget() {
  std::uint64_t count = 0;
  std::uint64_t last = 0;
  while (!store_->is_read()) {
    TRY_ASSIGN(const auto record, store_->read_next());
    if (!record) {
      break;
    }
    count += letters_of(*record).size();
    last = record->sequence;
  }
  TRY(store_->done_to(last));
  return count;
}

}  // namespace shippers
