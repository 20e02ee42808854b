#include "supervisor/machine/check_machine.h"

#include <fmt/format.h>

#include <utility>

#include "base/text.h"

namespace supervisor {

void CheckMachine::set_rules(const CheckRules& rules) {
  if (rules != rules_) {
    stop();
    purpose_.reset();
    rules_ = rules;
  }
}

void CheckMachine::pursue(std::optional<CheckPurpose> purpose, std::uint32_t incarnation,
                          std::uint64_t now_ns) {
  if (purpose == purpose_ && (!purpose || incarnation == incarnation_)) {
    return;
  }
  stop();
  purpose_ = purpose;
  incarnation_ = incarnation;
  if (!purpose) {
    return;  // how it ended stays to be seen until it is looked at again
  }
  failures_ = 0;
  failure_.clear();
  healthy_ = true;
  switch (*purpose) {
    case CheckPurpose::kReady:
      return check(now_ns);
    case CheckPurpose::kHealth:
      counts_from_ns_ = now_ns + rules_.start_period_ns;
      return pause(now_ns);
  }
}

CheckVerdict CheckMachine::on_checked(std::uint64_t number, const std::string& failure,
                                      std::uint64_t now_ns) {
  if (phase_ != Phase::kChecking || number != number_) {
    return CheckVerdict::kNothing;  // of a check that nobody wants any more
  }
  port_.cancel_check_timer(id_);
  if (!failure.empty()) {
    return fail(failure, now_ns);
  }
  failures_ = 0;
  failure_.clear();
  healthy_ = true;
  if (purpose_ == CheckPurpose::kReady) {
    phase_ = Phase::kIdle;
    due_ns_ = 0;
    return CheckVerdict::kReady;
  }
  pause(now_ns);
  return CheckVerdict::kNothing;
}

CheckVerdict CheckMachine::on_timer(std::uint64_t number, std::uint64_t now_ns) {
  if (number != number_) {
    return CheckVerdict::kNothing;  // it was cancelled or replaced while on its way
  }
  switch (phase_) {
    case Phase::kIdle:
      return CheckVerdict::kNothing;
    case Phase::kPausing:
      if (is_watched()) {
        return fail(fmt::format("no WATCHDOG=1 came for {}",
                                base::format_duration(rules_.health_interval_ns)),
                    now_ns);
      }
      check(now_ns);
      return CheckVerdict::kNothing;
    case Phase::kChecking:
      port_.abandon_check(id_);
      return fail(fmt::format("no answer within {}",
                              base::format_duration(purpose_ == CheckPurpose::kReady
                                                        ? rules_.ready_check_timeout_ns
                                                        : rules_.health_check_timeout_ns)),
                  now_ns);
  }
  return CheckVerdict::kNothing;
}

void CheckMachine::on_watchdog(std::uint64_t now_ns) {
  if (is_watched()) {
    failures_ = 0;
    failure_.clear();
    healthy_ = true;
    pause(now_ns);
  }
}

CheckVerdict CheckMachine::fail(std::string why, std::uint64_t now_ns) {
  failure_ = std::move(why);
  pause(now_ns);
  if (purpose_ != CheckPurpose::kHealth || now_ns < counts_from_ns_) {
    return CheckVerdict::kNothing;
  }
  if (failures_ < rules_.health_failures) {
    ++failures_;
  }
  if (!healthy_ || failures_ < rules_.health_failures) {
    return CheckVerdict::kNothing;  // told already, or not yet
  }
  healthy_ = false;
  return CheckVerdict::kUnhealthy;
}

void CheckMachine::check(std::uint64_t now_ns) {
  phase_ = Phase::kChecking;
  start_timer(purpose_ == CheckPurpose::kReady ? rules_.ready_check_timeout_ns
                                               : rules_.health_check_timeout_ns,
              now_ns);
  port_.start_check(id_, *purpose_, number_);
}

void CheckMachine::pause(std::uint64_t now_ns) {
  phase_ = Phase::kPausing;
  start_timer(
      purpose_ == CheckPurpose::kReady ? rules_.ready_interval_ns : rules_.health_interval_ns,
      now_ns);
}

void CheckMachine::start_timer(std::uint64_t delay_ns, std::uint64_t now_ns) {
  due_ns_ = now_ns + delay_ns;
  port_.start_check_timer(id_, delay_ns, ++number_);
}

void CheckMachine::stop() {
  if (phase_ == Phase::kIdle) {
    return;
  }
  if (std::exchange(phase_, Phase::kIdle) == Phase::kChecking) {
    port_.abandon_check(id_);
  }
  ++number_;
  due_ns_ = 0;
  port_.cancel_check_timer(id_);
}

}  // namespace supervisor
