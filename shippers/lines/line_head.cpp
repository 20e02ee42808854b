#include "shippers/lines/line_head.h"

#include <fmt/format.h>

#include "logging/record.h"

namespace shippers {

namespace {

using logging::SinkFormat;
using logging::Stream;
using logging::Timestamp;

std::string label_of(SinkFormat format, std::string_view service, Stream stream) {
  switch (format) {
    case SinkFormat::kRaw:
    case SinkFormat::kJson:
    case SinkFormat::kLogfmt:
      return {};
    case SinkFormat::kText:
      return fmt::format("{} {} ", service, logging::stream_name(stream));
  }
  return {};
}

}  // namespace

Timestamp timestamp_of(SinkFormat format, std::optional<Timestamp> timestamp) {
  return timestamp.value_or(format == SinkFormat::kText ? Timestamp::kIso : Timestamp::kNone);
}

LineHead::LineHead(SinkFormat format, std::optional<Timestamp> timestamp, std::string_view service,
                   const std::array<std::string, logging::RingLimits::kStreams>& prefixes)
    : stamp_(timestamp_of(format, timestamp)) {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    const auto index = static_cast<std::size_t>(stream);
    labels_[index] = label_of(format, service, stream) + prefixes[index];
  }
}

std::string_view LineHead::of(const logging::FrameHeader& frame) {
  if (stream_ != frame.stream || time_ns_ != frame.time_ns) {
    text_ = stamp_.at(frame.time_ns);
    if (!text_.empty()) {
      text_ += ' ';
    }
    text_ += labels_[static_cast<std::size_t>(frame.stream)];
    stream_ = frame.stream;
    time_ns_ = frame.time_ns;
  }
  return text_;
}

}  // namespace shippers
