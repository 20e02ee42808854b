#include "shippers/file/record_run_format.h"

#include <algorithm>

namespace shippers {

namespace {

constexpr char kNewline = '\n';

std::uint64_t separator_bytes(const RunSource& source) {
  return source.open.state == LineState::kOpen ? 1 : 0;
}

}  // namespace

void RecordRunFormat::finish(const RunSource& source, Run& run) {
  const std::string_view output = records_.output();
  run.open_after = OpenLine{};
  if (separator_bytes(source) > 0) {
    run.parts.push_back({.iov_base = const_cast<char*>(&kNewline), .iov_len = 1});
    run.bytes = 1;
  }
  if (!output.empty()) {
    run.parts.push_back({.iov_base = const_cast<char*>(output.data()), .iov_len = output.size()});
    run.bytes += output.size();
  }
}

RunPlan RecordRunFormat::plan(const RunSource& source, FileRoom room, Run& run) {
  start_run(source, run);
  const std::uint64_t separator = separator_bytes(source);
  const logging::RecordPlan plan =
      records_.plan(source.frames, source.from,
                    {.bytes = room.bytes - std::min(room.bytes, separator), .fresh = room.fresh},
                    source.one_stream, source.realtime_ns);
  if (plan.wait_until_ns != 0) {
    run.wait_until_ns = plan.wait_until_ns;
    return RunPlan::kWait;
  }
  if (plan.is_full && separator == 0) {
    return RunPlan::kRotateFirst;
  }
  run.to = plan.to;  // where only the open line is ended, `from`
  run.dropped = plan.dropped;
  finish(source, run);
  return RunPlan::kWrite;
}

void RecordRunFormat::rebuild(const RunSource& source, const logging::Cursor& to, Run& run) {
  start_run(source, run);
  run.dropped = records_.rebuild(source.frames, source.from, to);
  run.to = to;
  finish(source, run);
}

std::size_t RecordRunFormat::peek_bytes_min() const {
  return records_.is_multiline() ? logging::RecordRunLimits::kPeekBytes : 0;
}

}  // namespace shippers
