#include "shippers/network/courier.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/crash_point.h"

namespace shippers {

namespace {

constexpr std::uint64_t kSettleAgainNs = 100'000'000;  // dead letters that nobody takes just now

/// Some of its events have to be sent again.
bool is_repeated(const Outcome& outcome) {
  const auto again = [](Verdict verdict) {
    return verdict == Verdict::kRetry || verdict == Verdict::kPark;
  };
  return again(outcome.verdict) ||
         std::ranges::any_of(outcome.exceptions,
                             [&](const EventVerdict& event) { return again(event.verdict); });
}

logging::DropCounts drops_of(logging::DropReason reason, std::uint64_t lines) {
  logging::DropCounts dropped{};
  dropped[static_cast<std::size_t>(reason)] = lines;
  return dropped;
}

}  // namespace

Courier::Courier(const DeliveryMachine::Options& options, Spool& spool, LineLedger& ledger,
                 Destination& destination, std::function<void()> wake)
    : spool_(spool),
      ledger_(ledger),
      destination_(destination),
      wake_(std::move(wake)),
      machine_(options) {
  destination_.set_answer([this](std::uint64_t id, Outcome outcome) {
    {
      const std::scoped_lock lock(mutex_);
      answers_.emplace_back(id, std::move(outcome));
    }
    wake_();
  });
}

base::Result<void> Courier::step(std::uint64_t now_ns) {
  take_answers(now_ns);
  const auto settled = settle(now_ns);
  const auto loaded = load();
  send(now_ns);
  return settled ? loaded : settled;
}

void Courier::take_answers(std::uint64_t now_ns) {
  std::vector<std::pair<std::uint64_t, Outcome>> answers;
  {
    const std::scoped_lock lock(mutex_);
    answers.swap(answers_);
  }
  for (const auto& [id, outcome] : answers) {
    const auto found = in_flight_.find(id);
    ASSERT(found != in_flight_.end());
    if (!outcome.reason.empty()) {
      reason_ = outcome.reason;
      if (const auto loaded = loaded_.find(found->second.sequence); loaded != loaded_.end()) {
        loaded->second->reason = outcome.reason;
      }
    }
    retries_ += is_repeated(outcome) ? 1U : 0U;
    if (outcome.verdict == Verdict::kPark) {
      destination_.refresh();
    }
    machine_.on_outcome(found->second, outcome, now_ns);
    in_flight_.erase(found);
  }
}

base::Result<void> Courier::settle(std::uint64_t now_ns) {
  std::uint64_t done = 0;
  base::Result<void> problem;
  for (;;) {
    settling_ = settling_ ? std::move(settling_) : machine_.take_settled();
    if (!settling_) {
      break;
    }
    const auto found = loaded_.find(settling_->sequence);
    ASSERT(found != loaded_.end());
    const auto buried = bury(*found->second, *settling_);
    if (!buried) {
      problem = base::Unexpected(buried.error());  // the disk's: the sink it is for has them
    } else if (!*buried) {
      settle_at_ns_ = now_ns + kSettleAgainNs;
      break;
    }
    base::crash_point("courier.settling");
    count_lines(*found->second, *settling_);
    done = settling_->sequence;
    loaded_.erase(found);
    settling_.reset();
  }
  TRY(finish_settling(done));
  return problem;
}

/// False: not all letters are buried.
base::Result<bool> Courier::bury(const Loaded& loaded, const Settlement& settlement) {
  if (dead_letters_ == nullptr || settlement.rejected.empty()) {
    return true;
  }
  if (holds_letters_) {
    return false;
  }
  std::vector<SpoolEvent> refused;
  for (const std::uint32_t event : settlement.rejected) {
    if (event < loaded.events.size()) {
      refused.push_back(loaded.events[event]);
    }
  }
  return dead_letters_->bury(settlement.sequence, refused, loaded.reason, base::realtime_ns());
}

base::Result<void> Courier::finish_settling(std::uint64_t done) {
  if (done == 0) {
    return {};
  }
  base::crash_point("courier.settled");
  const bool all = machine_.records() == 0 && !settling_ && spool_.is_read();
  TRY(spool_.done_to(all ? spool_.next_sequence() - 1 : done));
  if (all) {
    ledger_.settle_all();
  }
  return {};
}

void Courier::count_lines(const Loaded& loaded, const Settlement& settlement) {
  std::vector<std::uint64_t> rejected(loaded.record.ranges.size(), 0);
  for (const std::uint32_t event : settlement.rejected) {
    if (event < loaded.events.size() && loaded.events[event].range < rejected.size()) {
      rejected[loaded.events[event].range] += loaded.events[event].lines;
    }
  }
  rejections_ += settlement.rejected.size();
  for (std::size_t index = 0; index < rejected.size(); ++index) {
    ledger_.settle(settlement.sequence, loaded.record.ranges[index],
                   drops_of(logging::DropReason::kRejected, rejected[index]));
  }
}

base::Result<void> Courier::load() {
  while (machine_.wants_more() && !spool_.is_read()) {
    TRY_ASSIGN(auto record, spool_.read_next());
    if (!record) {
      break;
    }
    auto loaded = std::make_unique<Loaded>();
    loaded->record = std::move(*record);
    loaded->events = split_events(loaded->record.payload);
    const std::uint64_t sequence = loaded->record.sequence;
    if (loaded->events.empty()) {
      continue;  // passed its check and holds nothing: what it stood for is found missing later
    }
    machine_.add(sequence, plan_requests(loaded->events));
    loaded_.emplace(sequence, std::move(loaded));
  }
  return {};
}

/// How many events each request has: no more than it may hold (the limits of a spool that another
/// configuration filled may be others). Brings those of one key together where that matters.
std::vector<std::uint32_t> Courier::plan_requests(std::vector<SpoolEvent>& events) const {
  const RequestLimits limits = destination_.limits();
  const bool by_key = destination_.is_one_key_a_request();
  if (by_key) {
    std::ranges::stable_sort(events, {}, &SpoolEvent::key);
  }
  std::vector<std::uint32_t> counts;
  std::uint64_t bytes = 0;
  for (std::size_t index = 0; index < events.size(); ++index) {
    const std::uint64_t more = events[index].key.size() + events[index].text.size();
    if (index == 0 || counts.back() >= limits.events || bytes + more > limits.bytes ||
        (by_key && events[index].key != events[index - 1].key)) {
      counts.push_back(0);
      bytes = 0;
    }
    ++counts.back();
    bytes += more;
  }
  return counts;
}

void Courier::send(std::uint64_t now_ns) {
  while (const auto shipment = machine_.next(now_ns)) {
    const Loaded& loaded = *loaded_.at(shipment->sequence);
    const std::uint64_t id = next_request_++;
    in_flight_.emplace(id, *shipment);
    base::crash_point("courier.sending");
    destination_.send(id, std::span(loaded.events).subspan(shipment->first, shipment->count));
  }
  if (machine_.in_flight() > 0 && (hurrying_ || machine_.holds_back())) {
    destination_.hurry();
  }
}

void Courier::hurry() {
  hurrying_ = true;
  machine_.hurry();
}

base::Result<std::uint64_t> Courier::drop_oldest(logging::DropReason reason) {
  TRY_ASSIGN(const auto listed, spool_.list_oldest());
  std::uint64_t lines = 0;
  for (const Spool::Listed& record : listed) {
    machine_.forget(record.sequence);
    loaded_.erase(record.sequence);
    if (settling_ && settling_->sequence == record.sequence) {
      settling_.reset();
    }
    for (const RingRange& range : record.ranges) {
      ledger_.settle(record.sequence, range, drops_of(reason, range.lines));
      lines += range.lines;
    }
  }
  if (!listed.empty()) {
    TRY(spool_.done_to(listed.back().sequence));
  }
  return lines;
}

std::uint64_t Courier::due_at_ns() const {
  return settling_ && !holds_letters_ ? settle_at_ns_ : machine_.due_at_ns();
}

std::uint64_t Courier::oldest_ns() const {
  std::uint64_t oldest = 0;
  for (const auto& [sequence, loaded] : loaded_) {
    for (const RingRange& range : loaded->record.ranges) {
      if (range.time_ns != 0 && (oldest == 0 || range.time_ns < oldest)) {
        oldest = range.time_ns;
      }
    }
    if (oldest != 0) {
      break;  // records are in the order in which they were taken
    }
  }
  return oldest;
}

}  // namespace shippers
