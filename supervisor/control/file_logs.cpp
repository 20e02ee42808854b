#include "supervisor/control/file_logs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "base/fd.h"
#include "supervisor/control/file_line.h"
#include "supervisor/programs.h"

namespace supervisor {

namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;

/// birl-router, unpacking one path into a pipe. It ends when nobody reads any more.
class Unpacker {
 public:
  static base::Result<Unpacker> start(const std::string& binary, const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      return base::fail_errno("cannot make a pipe");
    }
    Unpacker unpacker;
    unpacker.output_ = base::Fd{ends[0]};
    const base::Fd into{ends[1]};
    std::array<std::string, 3> words{std::string(kRouterName), "unpack", path};
    std::array<char*, 4> pointers{words[0].data(), words[1].data(), words[2].data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, into.get(), STDOUT_FILENO);
    const int code =
        ::posix_spawn(&unpacker.pid_, binary.c_str(), &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) {
      return base::fail_errno(fmt::format("cannot run {}", binary), code);
    }
    return unpacker;
  }

  /// Nothing: the end.
  base::Result<std::string_view> read(std::string& block) {
    block.resize(kBlockBytes);
    ssize_t got = -1;
    do {
      got = ::read(output_.get(), block.data(), block.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
      return base::fail_errno("cannot read what is unpacked");
    }
    return std::string_view(block).substr(0, static_cast<std::size_t>(got));
  }

  /// Whether all of it could be read; if not, it has said why on standard error.
  bool finish() {
    output_.reset();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_ = -1;
  base::Fd output_;
};

}  // namespace

struct FileLogs::Source {
  std::string path;
  Unpacker unpacker;
  std::string open_line;      // its end has not come
  std::uint64_t time_ns = 0;  // of the last line that said it
};

FileLogs::FileLogs(LogsFormat format, LogFilter filter, LogsOutput& output)
    : format_(format), filter_(std::move(filter)), output_(output) {}

/// What goes to `out` is printed as it is: merging needs its time alone.
void FileLogs::add_line(Source& source, std::string_view text, std::vector<LogLine>& out) const {
  FileLine parts = read_file_line(text);
  source.time_ns = parts.time_ns.value_or(source.time_ns);
  LogLine line{.time_ns = source.time_ns,
               .stream = parts.stream.value_or(logging::Stream::kStdout),
               .text = std::move(parts.text)};
  if ((filter_.stream && !parts.stream) || !filter_.takes(line)) {
    return;
  }
  LogsFormat format = format_;
  format.timestamps = parts.stamped || (format_.timestamps && parts.time_ns);
  const bool json = format.shape == LogsFormat::Shape::kJson;
  line.text =
      format_log_line(format, json && !parts.service.empty() ? parts.service : source.path, line);
  out.push_back(std::move(line));
}

void FileLogs::add_lines(Source& source, std::string_view text, std::vector<LogLine>& out) const {
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    source.open_line += text.substr(0, end);
    add_line(source, std::exchange(source.open_line, {}), out);
    text.remove_prefix(end + 1);
  }
  source.open_line += text;
}

base::Result<void> FileLogs::feed(Source& source, std::size_t index, LogsMerge& merge) {
  std::string block;
  std::vector<LogLine> lines;
  bool ended = false;
  while (!ended && (lines.empty() || format_.lines)) {
    TRY_ASSIGN(const std::string_view text, source.unpacker.read(block));
    ended = text.empty();
    add_lines(source, ended && !source.open_line.empty() ? "\n" : text, lines);
    if (format_.lines && lines.size() > *format_.lines) {
      lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(*format_.lines));
    }
  }
  for (LogLine& line : lines) {
    merge.add(index, std::move(line));
  }
  if (ended) {
    merge.finish(index);
  }
  return {};
}

void FileLogs::print_ready(LogsMerge& merge) {
  while (const auto next = merge.pop()) {
    output_.write(next->line.text);
  }
}

base::Result<void> FileLogs::print(const std::vector<std::string>& paths) {
  TRY_ASSIGN(const std::string binary, find_program(kRouterName));
  std::vector<Source> sources;
  for (const std::string& path : paths) {
    TRY_ASSIGN(Unpacker unpacker, Unpacker::start(binary, path));
    sources.push_back(
        {.path = path, .unpacker = std::move(unpacker), .open_line = {}, .time_ns = 0});
  }
  LogsMerge merge(sources.size());
  while (const auto starving = merge.starving()) {
    TRY(feed(sources[*starving], *starving, merge));
    print_ready(merge);
    if (output_.closed()) {
      return {};
    }
  }
  print_ready(merge);
  std::string unread;
  for (Source& source : sources) {
    if (!source.unpacker.finish()) {
      unread += (unread.empty() ? "" : ", ") + source.path;
    }
  }
  if (!unread.empty()) {
    return base::fail(base::ErrorCode::kDamaged, fmt::format("cannot show all of {}", unread));
  }
  return {};
}

}  // namespace supervisor
