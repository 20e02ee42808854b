// What a destination's answer means for the events of a request: the five verdicts.
//
//     accepted  they are delivered
//     retry     keep them, try again after a wait
//     split     the request is too large: halve it
//     reject    they will never be taken: dead letters
//     park      the destination refuses us (token, certificate, path): keep them, try slowly
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shippers {

enum class Verdict : std::uint8_t { kAccepted, kRetry, kSplit, kReject, kPark };

/// One event of a request that fared otherwise than the request.
struct EventVerdict {
  std::uint32_t event = 0;  // index in the request
  Verdict verdict = Verdict::kAccepted;

  friend bool operator==(const EventVerdict&, const EventVerdict&) = default;
};

struct Outcome {
  Verdict verdict = Verdict::kAccepted;  // of every event that is no exception
  std::vector<EventVerdict> exceptions;  // in order of their events
  std::uint64_t retry_after_ns = 0;      // what the destination asked for; 0: nothing
  std::string reason;                    // for people, without secrets; empty when accepted
  /// Of kReject: halving the request may save a part of it. False: the destination has taken what
  /// it could already.
  bool is_divisible = true;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// The classes that HTTP statuses fall into unless a vendor knows better; 0 is no answer at all.
[[nodiscard]] Verdict classify_status(int status);

}  // namespace shippers
