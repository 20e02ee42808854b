#include "supervisor/control/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json_writer.h"
#include "base/text.h"

namespace supervisor {

namespace {

using base::JsonWriter;

template <typename T>
void put(JsonWriter& json, std::string_view name, const std::optional<T>& content) {
  json.key(name);
  if (content) {
    json.value(*content);
  } else {
    json.null();
  }
}

/// An empty text is "nothing to say".
void put_text(JsonWriter& json, std::string_view name, std::string_view text) {
  put(json, name, text.empty() ? std::nullopt : std::optional(text));
}

void put_common(JsonWriter& json, const Event& event, std::uint64_t sequence,
                std::optional<std::uint64_t> realtime_ns, std::string_view reason) {
  json.field("sequence", sequence);
  put(json, "time",
      realtime_ns ? std::optional(base::format_rfc3339_ms(*realtime_ns)) : std::nullopt);
  put_text(json, "service", event.service);
  json.field("event", event.event);
  put_text(json, "state", event.state);
  put(json, "pid", event.pid);
  put(json, "exit_code", event.exit_code);
  put_text(json, "signal", event.signal);
  put_text(json, "reason", reason);
}

std::string make_gap(std::uint64_t last_missed, std::uint64_t missed, std::string_view reason) {
  JsonWriter json;
  json.begin_object();
  put_common(json, {.event = "gap"}, last_missed, std::nullopt, reason);
  json.field("missed", missed);
  json.end_object();
  return json.text() + '\n';
}

}  // namespace

void EventLog::append(const Event& event, std::uint64_t realtime_ns) {
  JsonWriter json;
  json.begin_object();
  put_common(json, event, newest() + 1, realtime_ns,
             std::string_view(event.reason).substr(0, limits_.reason_bytes));
  if (event.restarts) {
    json.field("restarts", *event.restarts);
  }
  if (event.delay_ms) {
    json.field("delay_ms", *event.delay_ms);
  }
  if (!event.stage.empty()) {
    json.field("stage", event.stage);
  }
  json.end_object();
  kept_.push_back({event.service, json.text() + '\n'});
  kept_bytes_ += kept_.back().line.size();
  while (kept_.size() > limits_.events || (kept_bytes_ > limits_.bytes && kept_.size() > 1)) {
    kept_bytes_ -= kept_.front().line.size();
    kept_.pop_front();
    ++first_;
  }
}

void EventLog::restore(std::uint64_t oldest, std::deque<Kept> kept) {
  first_ = oldest;
  kept_ = std::move(kept);
  kept_bytes_ = 0;
  for (const Kept& event : kept_) {
    kept_bytes_ += event.line.size();
  }
}

/// Moves a cursor that points at no kept event to the oldest, and says what is missing.
std::string EventLog::catch_up(EventCursor& cursor) const {
  const std::uint64_t wanted = std::exchange(cursor.next, first_);
  if (wanted == 0) {
    return {};
  }
  if (wanted < first_) {
    return make_gap(first_ - 1, first_ - wanted, "they were overwritten before they were read");
  }
  return make_gap(
      first_ - 1, 0,
      fmt::format("event {} has not been yet: birl was started again meanwhile", wanted - 1));
}

std::string EventLog::read(EventCursor& cursor, std::size_t bytes_max) const {
  std::string text;
  if (cursor.next < first_ || cursor.next > newest() + 1) {
    text = catch_up(cursor);
  }
  for (; cursor.next <= newest(); ++cursor.next) {
    const Kept& event = kept_[cursor.next - first_];
    const bool wanted = cursor.names.empty() ||
                        std::ranges::find(cursor.names, event.service) != cursor.names.end();
    if (wanted && !text.empty() && text.size() + event.line.size() > bytes_max) {
      break;
    }
    text += wanted ? event.line : std::string();
  }
  return text;
}

}  // namespace supervisor
