// The fields by which applications say what a record has anyway: message, time and level.
//
// After a parse the first of message, msg, log that is a text becomes the record's message; of
// time, ts, timestamp, @timestamp that is a time, its time; of level, severity, lvl that is a
// level, its level. What was taken is no field any more; what is nothing of the kind stays one.
// Pure.
#pragma once

#include "logging/record.h"

namespace logging {

void take_well_known(Record& record);

}  // namespace logging
