#include "supervisor/control/logs_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

#include "base/json_writer.h"
#include "base/text.h"

namespace supervisor {

namespace {

std::string format_json_line(std::string_view service, const LogLine& line) {
  base::JsonWriter json;
  json.begin_object();
  if (line.time_ns != 0) {  // a file's line need not say it
    json.field("time", base::format_rfc3339_ms(line.time_ns));
  }
  json.field("service", service);
  json.field("stream", line.stream == logging::Stream::kStdout ? "stdout" : "stderr");
  json.field("message", line.text);
  json.end_object();
  return json.text() + '\n';
}

/// The same color for a name everywhere, of those that can be read on light and dark.
std::string colored(std::string_view name) {
  constexpr std::array kColors{31, 32, 33, 34, 35, 36};  // ANSI: red to cyan
  std::uint32_t sum = 0;
  for (const char c : name) {
    sum = sum * 31 + static_cast<unsigned char>(c);
  }
  return fmt::format("\033[{}m{}\033[0m", kColors[sum % kColors.size()], name);
}

}  // namespace

std::string format_log_line(const LogsFormat& format, std::string_view service,
                            const LogLine& line) {
  if (format.shape == LogsFormat::Shape::kJson) {
    return format_json_line(service, line);
  }
  std::string text;
  if (format.shape == LogsFormat::Shape::kNamed) {
    text.append(format.colors ? colored(service) : std::string(service)).append(" | ");
  }
  if (format.timestamps) {
    text.append(base::format_rfc3339_ms(line.time_ns)).append(" ");
  }
  text.append(line.text).append("\n");
  return text;
}

LogsReader::LogsReader(std::vector<Source> sources, LogsFormat format, LogFilter filter,
                       LogsOutput& output)
    : format_(format), filter_(std::move(filter)), output_(output) {
  for (Source& source : sources) {
    sources_.push_back({.service = std::move(source.service),
                        .frames = std::move(source.frames),
                        .assembler = {},
                        .told_missed = 0});
  }
}

/// One read's worth of wanted lines; tells what was missed.
base::Result<std::vector<LogLine>> LogsReader::read_lines(State& source) {
  TRY_ASSIGN(const auto frames, source.frames->read());
  std::vector<LogLine> lines;
  for (const logging::FrameView& frame : frames) {
    source.assembler.add(frame, lines);
  }
  std::erase_if(lines, [this](const LogLine& line) { return !filter_.takes(line); });
  if (const std::uint64_t missed = source.assembler.missed(); missed > source.told_missed) {
    output_.tell_missed(source.service, missed - source.told_missed);
    source.told_missed = missed;
  }
  return lines;
}

/// Reads until a line is found for `merge`, or `until` is reached.
base::Result<void> LogsReader::feed_backlog(std::size_t index, std::uint64_t until,
                                            LogsMerge& merge) {
  State& source = sources_[index];
  while (source.frames->position() < until) {
    const std::uint64_t before = source.frames->position();
    TRY_ASSIGN(auto lines, read_lines(source));
    for (LogLine& line : lines) {
      merge.add(index, std::move(line));
    }
    if (!lines.empty()) {
      return {};
    }
    if (source.frames->position() == before) {
      break;
    }
  }
  merge.finish(index);
  return {};
}

/// The same for -n: reads all and keeps the last lines.
base::Result<void> LogsReader::feed_last_lines(std::size_t index, std::uint64_t until,
                                               LogsMerge& merge) {
  State& source = sources_[index];
  std::deque<LogLine> last;
  std::uint64_t before = UINT64_MAX;
  while (source.frames->position() < until && source.frames->position() != before) {
    before = source.frames->position();
    TRY_ASSIGN(auto lines, read_lines(source));
    std::ranges::move(lines, std::back_inserter(last));
    while (last.size() > *format_.lines) {
      last.pop_front();
    }
  }
  for (LogLine& line : last) {
    merge.add(index, std::move(line));
  }
  merge.finish(index);
  return {};
}

base::Result<void> LogsReader::print_backlog() {
  std::vector<std::uint64_t> heads;
  for (const State& source : sources_) {
    heads.push_back(source.frames->head());
  }
  LogsMerge merge(sources_.size());
  while (const auto starving = merge.starving()) {
    const std::size_t index = *starving;
    TRY(format_.lines ? feed_last_lines(index, heads[index], merge)
                      : feed_backlog(index, heads[index], merge));
    print_ready(merge);
    if (output_.closed()) {
      return {};
    }
  }
  print_ready(merge);
  return {};
}

void LogsReader::print_ready(LogsMerge& merge) {
  while (const auto next = merge.pop()) {
    output_.write(format_log_line(format_, sources_[next->source].service, next->line));
  }
}

base::Result<bool> LogsReader::print_new() {
  std::vector<SourceLine> fresh;
  bool moved = false;
  for (std::size_t index = 0; index < sources_.size(); ++index) {
    const std::uint64_t before = sources_[index].frames->position();
    TRY_ASSIGN(auto lines, read_lines(sources_[index]));
    moved = moved || sources_[index].frames->position() != before;
    for (LogLine& line : lines) {
      fresh.push_back({.source = index, .line = std::move(line)});
    }
  }
  print_all(std::move(fresh));
  return moved;
}

void LogsReader::print_open() {
  std::vector<SourceLine> rest;
  for (std::size_t index = 0; index < sources_.size(); ++index) {
    std::vector<LogLine> lines;
    sources_[index].assembler.close(lines);
    for (LogLine& line : lines) {
      if (filter_.takes(line)) {
        rest.push_back({.source = index, .line = std::move(line)});
      }
    }
  }
  print_all(std::move(rest));
}

void LogsReader::print_all(std::vector<SourceLine> lines) {
  std::ranges::stable_sort(lines, {}, [](const SourceLine& line) { return line.line.time_ns; });
  for (const SourceLine& line : lines) {
    output_.write(format_log_line(format_, sources_[line.source].service, line.line));
  }
}

}  // namespace supervisor
