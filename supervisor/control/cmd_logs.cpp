#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "supervisor/control/commands.h"
#include "supervisor/control/exit_code.h"
#include "supervisor/control/file_logs.h"
#include "supervisor/control/logs_reader.h"
#include "supervisor/control/reply.h"
#include "supervisor/control/ring_frames.h"

namespace supervisor {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10U;
constexpr int kPollMsMin = 5;
constexpr int kPollMsMax = 100;
constexpr int kProbeEvery = 10;  // quiet polls, where the kernel does not tell of the end

/// Standard output, buffered.
class StandardOutput final : public LogsOutput {
 public:
  void write(std::string_view text) override {
    buffer_ += text;
    if (buffer_.size() >= kBufferBytes) {
      flush();
    }
  }
  void tell_missed(std::string_view service, std::uint64_t lines) override {
    flush();
    fmt::print(stderr, "birl: missed {} lines of {}: they were overwritten before they were read\n",
               lines, service);
  }
  [[nodiscard]] bool closed() const override { return closed_; }

  void flush() {
    if (const auto printed = print_out(std::exchange(buffer_, {})); !printed) {
      error_ = printed.error();
      closed_ = true;
    }
    pollfd look{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    closed_ = closed_ || (::poll(&look, 1, 0) > 0 && (look.revents & POLLERR) != 0);
  }
  [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }

 private:
  std::string buffer_;
  bool closed_ = false;
  std::optional<base::Error> error_;
};

base::Result<std::vector<LogsReader::Source>> open_sources(const CommandOptions& options,
                                                           const Client& client) {
  std::vector<std::string> words{"logs"};
  words.insert(words.end(), options.names.begin(), options.names.end());
  TRY_ASSIGN(const Reply reply, client.ask(words));
  TRY_ASSIGN(const auto names, parse_log_names(reply.text));
  if (names.size() != reply.fds.size()) {
    return base::fail(base::ErrorCode::kDamaged,
                      "cannot read logs: birl sent fewer descriptors than names; try again");
  }
  std::vector<LogsReader::Source> sources;
  for (std::size_t index = 0; index < names.size(); ++index) {
    auto frames = open_ring_frames(reply.fds[index]);
    if (!frames) {
      return base::with_context(names[index], std::move(frames).error());
    }
    sources.push_back({.service = names[index], .frames = *std::move(frames)});
  }
  return sources;
}

LogsFormat make_format(const CommandOptions& options) {
  LogsFormat format;
  format.timestamps = options.timestamps;
  format.lines = options.lines;
  if (options.json) {
    format.shape = LogsFormat::Shape::kJson;
  } else if (options.names.size() != 1) {
    format.shape = LogsFormat::Shape::kNamed;
    format.colors = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  }
  return format;
}

base::Result<LogFilter> make_filter(const CommandOptions& options) {
  LogFilter filter;
  const std::uint64_t now_ns = base::realtime_ns();
  if (!options.stream.empty()) {
    filter.stream =
        options.stream == "stdout" ? logging::Stream::kStdout : logging::Stream::kStderr;
  }
  if (!options.since.empty()) {
    TRY_ASSIGN(filter.since_ns, parse_moment(options.since, now_ns));
  }
  if (!options.until.empty()) {
    TRY_ASSIGN(filter.until_ns, parse_moment(options.until, now_ns));
  }
  if (!options.grep.empty()) {
    TRY_ASSIGN(filter.pattern, LinePattern::compile(options.grep));
  }
  return filter;
}

/// Knows when to stop following: the instance has ended, nobody reads the output, or what comes now
/// is not wanted.
class End {
 public:
  End(const Client& client, std::optional<std::uint64_t> until_ns)
      : client_(client), instance_(client.watch_instance()), until_ns_(until_ns) {}

  /// Waits `wait_ms`, or until the end. Whether it is the end.
  bool wait(int wait_ms) {
    std::array<pollfd, 2> looks{{{.fd = STDOUT_FILENO, .events = 0, .revents = 0},
                                 {.fd = instance_.get(), .events = POLLIN, .revents = 0}}};
    ::poll(looks.data(), looks.size(), wait_ms);
    if (looks[0].revents != 0 || looks[1].revents != 0 ||
        (until_ns_ && base::realtime_ns() >= *until_ns_)) {
      return true;
    }
    return !instance_.valid() && ++polls_ % kProbeEvery == 0 && !client_.is_listening();
  }

 private:
  const Client& client_;
  base::Fd instance_;
  std::optional<std::uint64_t> until_ns_;
  int polls_ = 0;
};

base::Result<void> follow(LogsReader& reader, StandardOutput& output, End end) {
  int wait_ms = kPollMsMin;
  bool ended = false;
  while (!output.closed()) {
    TRY_ASSIGN(const bool moved, reader.print_new());
    output.flush();
    if (moved) {
      wait_ms = kPollMsMin;
    } else if (ended) {
      break;  // one look after the end, for what was written before it
    } else {
      ended = end.wait(wait_ms);
      wait_ms = std::min(wait_ms * 2, kPollMsMax);
    }
  }
  return {};
}

bool is_log_path(const std::string& name) {
  return name.find('/') != name.npos;
}

base::Result<void> print_log_files(const CommandOptions& options, LogFilter filter,
                                   StandardOutput& output) {
  const auto service = std::ranges::find_if_not(options.names, is_log_path);
  if (service != options.names.end()) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot show files and services together: {} names a service, {} "
                                  "a file; ask for one of the two",
                                  *service, *std::ranges::find_if(options.names, is_log_path)));
  }
  if (options.follow) {
    return base::fail(base::ErrorCode::kInvalid,
                      "cannot follow a file: use the service's name, or tail -F");
  }
  FileLogs files(make_format(options), std::move(filter), output);
  const auto printed = files.print(options.names);
  output.flush();
  return printed;
}

base::Result<void> print_logs(const CommandOptions& options, StandardOutput& output) {
  TRY_ASSIGN(LogFilter filter, make_filter(options));
  if (std::ranges::any_of(options.names, is_log_path)) {
    return print_log_files(options, std::move(filter), output);
  }
  const auto until_ns = filter.until_ns;
  const Client client = find_instance(options);
  TRY_ASSIGN(auto sources, open_sources(options, client));
  LogsReader reader(std::move(sources), make_format(options), std::move(filter), output);
  TRY(reader.print_backlog());
  if (options.follow) {
    TRY(follow(reader, output, End(client, until_ns)));
  }
  reader.print_open();
  output.flush();
  return {};
}

}  // namespace

int cmd_logs(const CommandOptions& options) {
  StandardOutput output;
  const auto printed = print_logs(options, output);
  if (!printed) {
    output.flush();
    return report_error(printed.error());
  }
  return output.error() ? report_error(*output.error()) : kExitDone;
}

}  // namespace supervisor
