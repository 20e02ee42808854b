// What a sink needs to make lines of records: the pipeline of each service, and the format with
// what stands before a line.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "logging/format/record_format.h"
#include "logging/pipeline/pipeline.h"
#include "shippers/lines/line_head.h"

namespace shippers {

/// The pipeline of a service's lines on their way to one sink.
using PipelineMaker = std::function<base::Result<logging::Pipeline>(const std::string& service)>;

/// The format says what a record is, not only what its bytes are.
[[nodiscard]] bool is_of_records(logging::SinkFormat format);

/// For raw and text the head (line_head.h) stands before every record.
[[nodiscard]] logging::RecordFormatter make_record_formatter(
    logging::SinkFormat format, std::optional<logging::Timestamp> timestamp,
    const std::string& host, const std::string& service,
    const std::array<std::string, logging::RingLimits::kStreams>& prefixes);

}  // namespace shippers
