#include "logging/pipeline/dedupe.h"

namespace logging {

bool Dedupe::passes(const Record& record, Summary& before) {
  Last& last = last_[static_cast<std::size_t>(record.stream)];
  const bool within = record.read_ns < last.first_ns + window_ns_;
  if (last.known && within && last.severity == record.severity &&
      last.message == record.message.text) {
    ++last.repeated;
    last.last_ns = record.time_ns;
    return false;
  }
  before.repeated = last.repeated;
  if (last.repeated > 0) {
    before.last_ns = last.last_ns;
    before.severity = last.severity;
    before.message = last.message;
  }
  last.known = true;
  last.severity = record.severity;
  last.first_ns = record.read_ns;
  last.repeated = 0;
  last.message.assign(record.message.text);
  return true;
}

}  // namespace logging
