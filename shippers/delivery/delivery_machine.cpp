#include "shippers/delivery/delivery_machine.h"

#include <algorithm>

#include "base/check.h"

namespace shippers {

DeliveryMachine::DeliveryMachine(const Options& options) : options_(options) {
  ASSERT(options.concurrency >= 1 && options.concurrency <= DeliveryLimits::kConcurrencyMax);
}

void DeliveryMachine::add(std::uint64_t sequence, std::span<const std::uint32_t> requests) {
  ASSERT(!requests.empty() && (parcels_.empty() || parcels_.back().sequence < sequence));
  Parcel parcel;
  parcel.sequence = sequence;
  std::uint32_t first = 0;
  for (const std::uint32_t events : requests) {
    ASSERT(events > 0);
    parcel.pieces.push_back({.first = first, .count = events});
    first += events;
  }
  parcels_.push_back(std::move(parcel));
}

void DeliveryMachine::forget(std::uint64_t sequence) {
  std::erase_if(parcels_, [&](const Parcel& parcel) { return parcel.sequence == sequence; });
}

std::optional<Shipment> DeliveryMachine::next(std::uint64_t now_ns) {
  if (now_ns < not_before_ns_ || in_flight_ >= window()) {
    return std::nullopt;
  }
  for (Parcel& parcel : parcels_) {
    for (Piece& piece : parcel.pieces) {
      if (!piece.in_flight) {
        piece.in_flight = true;
        ++in_flight_;
        return Shipment{.sequence = parcel.sequence, .first = piece.first, .count = piece.count};
      }
    }
  }
  return std::nullopt;
}

bool DeliveryMachine::holds_back() const {
  return in_flight_ >= window() && std::ranges::any_of(parcels_, [](const Parcel& parcel) {
           return std::ranges::any_of(parcel.pieces,
                                      [](const Piece& piece) { return !piece.in_flight; });
         });
}

DeliveryMachine::Parcel* DeliveryMachine::find_parcel(std::uint64_t sequence) {
  const auto found = std::ranges::find(parcels_, sequence, &Parcel::sequence);
  return found == parcels_.end() ? nullptr : &*found;
}

void DeliveryMachine::on_outcome(const Shipment& shipment, const Outcome& outcome,
                                 std::uint64_t now_ns) {
  ASSERT(in_flight_ > 0);
  --in_flight_;
  Parcel* parcel = find_parcel(shipment.sequence);
  if (parcel == nullptr) {
    return;  // forgotten meanwhile
  }
  const auto piece = std::ranges::find(parcel->pieces, shipment.first, &Piece::first);
  ASSERT(piece != parcel->pieces.end() && piece->in_flight && piece->count == shipment.count);
  piece->in_flight = false;
  const auto index = static_cast<std::size_t>(piece - parcel->pieces.begin());
  switch (outcome.verdict) {
    case Verdict::kAccepted:
      end_accepted(*parcel, index, outcome, now_ns);
      break;
    case Verdict::kRetry:
      note_failure(State::kRetrying, outcome.retry_after_ns, now_ns);
      try_again(*parcel, index);
      break;
    case Verdict::kSplit:
      note_success(now_ns);
      halve(*parcel, index);
      break;
    case Verdict::kReject:
      note_success(now_ns);
      end_rejected(*parcel, index, outcome);
      break;
    case Verdict::kPark:
      note_failure(State::kParked, std::max(outcome.retry_after_ns, options_.park_ns), now_ns);
      break;
  }
}

/// The events that are exceptions become pieces of their own, or are rejected.
void DeliveryMachine::end_accepted(Parcel& parcel, std::size_t index, const Outcome& outcome,
                                   std::uint64_t now_ns) {
  const Piece whole = parcel.pieces[index];
  std::vector<Piece> left;
  bool parks = false;
  for (const EventVerdict& exception : outcome.exceptions) {
    if (exception.verdict == Verdict::kAccepted || exception.event >= whole.count) {
      continue;
    }
    const std::uint32_t event = whole.first + exception.event;
    const bool again = exception.verdict != Verdict::kReject &&
                       (options_.attempts == 0 || whole.attempts + 1 < options_.attempts);
    if (!again) {
      parcel.rejected.push_back(event);
    } else if (!left.empty() && left.back().first + left.back().count == event) {
      ++left.back().count;
    } else {
      left.push_back({.first = event, .count = 1, .attempts = whole.attempts + 1});
    }
    parks = parks || exception.verdict == Verdict::kPark;
  }
  const bool took_some = left.size() != 1 || left.front().count != whole.count;
  auto at = parcel.pieces.erase(parcel.pieces.begin() + static_cast<std::ptrdiff_t>(index));
  parcel.pieces.insert(at, left.begin(), left.end());
  if (took_some) {
    note_success(now_ns);
  }
  if (parks) {
    note_failure(State::kParked, std::max(outcome.retry_after_ns, options_.park_ns), now_ns);
  } else if (!left.empty()) {
    note_failure(State::kRetrying, outcome.retry_after_ns, now_ns);
  }
}

void DeliveryMachine::end_rejected(Parcel& parcel, std::size_t index, const Outcome& outcome) {
  const bool halves = outcome.is_divisible && parcel.bisections < DeliveryLimits::kBisections;
  if (halves && parcel.pieces[index].count > 1) {
    ++parcel.bisections;
    halve(parcel, index);
  } else {
    reject(parcel, index);
  }
}

void DeliveryMachine::try_again(Parcel& parcel, std::size_t index) {
  Piece& piece = parcel.pieces[index];
  ++piece.attempts;
  if (options_.attempts != 0 && piece.attempts >= options_.attempts) {
    reject(parcel, index);
  }
}

void DeliveryMachine::reject(Parcel& parcel, std::size_t index) {
  const Piece piece = parcel.pieces[index];
  for (std::uint32_t event = piece.first; event < piece.first + piece.count; ++event) {
    parcel.rejected.push_back(event);
  }
  parcel.pieces.erase(parcel.pieces.begin() + static_cast<std::ptrdiff_t>(index));
}

void DeliveryMachine::halve(Parcel& parcel, std::size_t index) {
  if (parcel.pieces[index].count == 1) {
    reject(parcel, index);
    return;
  }
  Piece second = parcel.pieces[index];
  const std::uint32_t half = second.count / 2;
  parcel.pieces[index].count = half;
  second.first += half;
  second.count -= half;
  parcel.pieces.insert(parcel.pieces.begin() + static_cast<std::ptrdiff_t>(index) + 1, second);
}

void DeliveryMachine::note_success(std::uint64_t now_ns) {
  if (now_ns < not_before_ns_) {
    return;  // it was sent before the failure that we wait for
  }
  if (state_ != State::kOk) {
    state_ = State::kOk;
    window_ = 1;
    successes_ = 0;
  }
  failures_ = 0;
  if (++successes_ >= window_ && window_ < options_.concurrency) {
    ++window_;
    successes_ = 0;
  }
}

void DeliveryMachine::note_failure(State state, std::uint64_t retry_after_ns,
                                   std::uint64_t now_ns) {
  state_ = state;
  failures_ += failures_ == 0 || now_ns >= not_before_ns_ ? 1 : 0;
  window_ = std::max(window_ / 2, 1U);
  successes_ = 0;
  const std::uint64_t wait_ns =
      state == State::kParked
          ? std::min(retry_after_ns, std::max(options_.park_ns, RetryLimits::kRetryAfterMaxNs))
          : options_.policy.wait_ns(failures_, retry_after_ns);
  not_before_ns_ = std::max(not_before_ns_, now_ns + wait_ns);
}

std::optional<Settlement> DeliveryMachine::take_settled() {
  if (parcels_.empty() || !parcels_.front().pieces.empty()) {
    return std::nullopt;
  }
  Settlement settled{.sequence = parcels_.front().sequence,
                     .rejected = std::move(parcels_.front().rejected)};
  std::ranges::sort(settled.rejected);
  parcels_.pop_front();
  return settled;
}

}  // namespace shippers
