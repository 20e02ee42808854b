// loggen: writes numbered lines that prove themselves (numbered_line.h), as fast, as slow, in as
// small or as large pieces as asked, and can die in the middle of a line.
#include <fcntl.h>
#include <fmt/format.h>
#include <getopt.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "bench/line_generator.h"
#include "bench/numbered_line.h"

namespace bench {
namespace {

constexpr std::string_view kUsage = R"(usage: loggen [OPTION]...
Writes the lines 1..N, `ID STREAM SEQ CRC payload`, to its standard output or error.

  --lines N          how many on each stream (default 1000; 0: for ever)
  --bytes B | B-C    length of a line with its newline, or evenly between two (default 100)
  --stream S         out | err | both: a line on each in turn (default out)
  --id NAME          (default gen)
  --seed S           of the payloads (default 1)
  --rate R           R lines a second on each stream, each written when it is due

  --batch BYTES      collect this much for each write() (default 64KiB)
  --line-writes      a write() for each line
  --byte-writes      a write() for each byte
  --preformatted     blocks of 1,000 lines that are patched, at several GB/s; one stream, one length

  --packet           packet mode (an O_DIRECT pipe)
  --die-mid-line     after the last line write half of another one and die of SIGKILL
)";

enum class Pieces : std::uint8_t { kBatches, kLines, kBytes };

struct Options {
  std::uint64_t lines = 1000;
  std::uint64_t bytes_least = 100;
  std::uint64_t bytes_most = 100;
  bool to_out = true;
  bool to_err = false;
  std::string id = "gen";
  std::uint64_t seed = 1;
  std::uint64_t rate = 0;
  std::uint64_t batch_bytes = 64U << 10U;
  Pieces pieces = Pieces::kBatches;
  bool preformatted = false;
  bool packet = false;
  bool die_mid_line = false;

  [[nodiscard]] std::uint64_t last() const {
    return lines == 0 ? std::numeric_limits<std::uint64_t>::max() : lines;
  }
};

base::Unexpected wrong(std::string message) {
  return base::fail(base::ErrorCode::kInvalid, std::move(message));
}

base::Result<std::uint64_t> read_number(std::string_view name, std::string_view text) {
  const auto number = base::parse_bytes(text);
  if (!number) {
    return wrong(fmt::format("cannot read --{} \"{}\"", name, text));
  }
  return *number;
}

base::Result<void> read_length(std::string_view text, Options& options) {
  const auto parts = base::split(text, '-');
  TRY_ASSIGN(options.bytes_least, read_number("bytes", parts.front()));
  TRY_ASSIGN(options.bytes_most, read_number("bytes", parts.back()));
  if (parts.size() > 2 || options.bytes_least > options.bytes_most) {
    return wrong(fmt::format("cannot read --bytes \"{}\"", text));
  }
  return {};
}

base::Result<void> read_stream(std::string_view text, Options& options) {
  if (text != "out" && text != "err" && text != "both") {
    return wrong(fmt::format("cannot read --stream \"{}\"", text));
  }
  options.to_out = text != "err";
  options.to_err = text != "out";
  return {};
}

base::Result<void> check_options(const Options& options) {
  const std::size_t header = header_bytes(options.id, "out");
  if (options.bytes_least < header + 2) {
    return wrong(fmt::format("cannot make lines of {} bytes: the shortest has {}",
                             options.bytes_least, header + 2));
  }
  if (options.id.empty() || options.id.find_first_of(" \n") != std::string::npos) {
    return wrong("cannot use an --id that is empty or has spaces");
  }
  const bool one_shape = options.to_out != options.to_err && options.rate == 0 &&
                         options.bytes_least == options.bytes_most;
  if (options.preformatted && !one_shape) {
    return wrong("cannot preformat more than one stream, several lengths or a rate");
  }
  return {};
}

struct Number {
  const char* name;
  std::uint64_t Options::*member;
};
constexpr std::array<Number, 4> kNumbers{{{"lines", &Options::lines},
                                          {"seed", &Options::seed},
                                          {"rate", &Options::rate},
                                          {"batch", &Options::batch_bytes}}};

base::Result<void> apply_option(std::string_view name, std::string_view value, Options& options) {
  for (const Number& number : kNumbers) {
    if (name == number.name) {
      TRY_ASSIGN(options.*number.member, read_number(name, value));
      return {};
    }
  }
  if (name == "bytes") {
    return read_length(value, options);
  }
  if (name == "stream") {
    return read_stream(value, options);
  }
  if (name == "id") {
    options.id = value;
  }
  options.preformatted |= name == "preformatted";
  options.packet |= name == "packet";
  options.die_mid_line |= name == "die-mid-line";
  if (name == "line-writes") {
    options.pieces = Pieces::kLines;
  } else if (name == "byte-writes") {
    options.pieces = Pieces::kBytes;
  }
  return {};
}

base::Result<Options> read_options(int argc, char** argv) {
  const std::array<option, 13> known{{{"lines", required_argument, nullptr, 0},
                                      {"bytes", required_argument, nullptr, 0},
                                      {"stream", required_argument, nullptr, 0},
                                      {"id", required_argument, nullptr, 0},
                                      {"seed", required_argument, nullptr, 0},
                                      {"rate", required_argument, nullptr, 0},
                                      {"batch", required_argument, nullptr, 0},
                                      {"line-writes", no_argument, nullptr, 0},
                                      {"byte-writes", no_argument, nullptr, 0},
                                      {"preformatted", no_argument, nullptr, 0},
                                      {"packet", no_argument, nullptr, 0},
                                      {"die-mid-line", no_argument, nullptr, 0},
                                      {nullptr, 0, nullptr, 0}}};
  Options options;
  int index = 0;
  for (int found = 0; (found = ::getopt_long(argc, argv, "", known.data(), &index)) != -1;) {
    if (found != 0) {
      return wrong("cannot understand the call");
    }
    TRY(apply_option(known.at(static_cast<std::size_t>(index)).name,
                     optarg == nullptr ? "" : optarg, options));
  }
  if (optind < argc) {
    return wrong(fmt::format("cannot use \"{}\"", argv[optind]));
  }
  TRY(check_options(options));
  return options;
}

base::Result<void> write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t wrote = ::write(fd, data.data(), data.size());
    if (wrote >= 0) {
      data.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) {
      pollfd writable{fd, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return base::fail_errno("cannot write");
    }
  }
  return {};
}

base::Result<void> write_bytewise(int fd, std::string_view data) {
  for (std::size_t index = 0; index < data.size(); ++index) {
    TRY(write_all(fd, data.substr(index, 1)));
  }
  return {};
}

base::Result<void> set_packet_mode(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_DIRECT) != 0) {
    return base::fail_errno("cannot set packet mode: is it a pipe?");
  }
  return {};
}

/// One of the two outputs, with what was not written yet.
struct Output {
  int fd;
  std::string_view name;
  std::string pending;

  base::Result<void> flush(Pieces pieces) {
    const std::string data = std::exchange(pending, {});
    return pieces == Pieces::kBytes ? write_bytewise(fd, data) : write_all(fd, data);
  }
};

void sleep_until(std::uint64_t monotonic_ns) {
  timespec when{};
  when.tv_sec = static_cast<time_t>(monotonic_ns / base::kNsPerSecond);
  when.tv_nsec = static_cast<long>(monotonic_ns % base::kNsPerSecond);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

/// Lines one by one, of any length and at any rate.
class LineWriter {
 public:
  explicit LineWriter(const Options& options)
      : options_(options), payloads_(options.seed, options.bytes_most) {
    if (options.to_out) {
      outputs_.push_back({STDOUT_FILENO, "out", {}});
    }
    if (options.to_err) {
      outputs_.push_back({STDERR_FILENO, "err", {}});
    }
  }

  base::Result<void> run() {
    const std::uint64_t start_ns = base::monotonic_ns();
    for (std::uint64_t sequence = 1; sequence <= options_.last(); ++sequence) {
      if (options_.rate > 0) {
        sleep_until(start_ns + (sequence - 1) * base::kNsPerSecond / options_.rate);
      }
      for (Output& output : outputs_) {
        TRY(add(output, sequence));
      }
    }
    for (Output& output : outputs_) {
      TRY(output.flush(options_.pieces));
    }
    return {};
  }

  base::Result<void> write_half_line() {
    for (Output& output : outputs_) {
      const std::size_t half = std::max(payload_length(output) / 2, kHalfMark.size());
      append_line(output.pending,
                  {options_.id, output.name, options_.lines + 1, half_payload(2 * half)});
      output.pending.resize(output.pending.size() - half - 1);
      TRY(output.flush(options_.pieces));
    }
    return {};
  }

 private:
  std::size_t payload_length(const Output& output) {
    const std::size_t bytes = payloads_.length_between(options_.bytes_least, options_.bytes_most);
    return bytes - header_bytes(options_.id, output.name) - 1;
  }

  base::Result<void> add(Output& output, std::uint64_t sequence) {
    const std::string_view payload = payloads_.next(payload_length(output));
    append_line(output.pending, {options_.id, output.name, sequence, payload});
    const bool collects = options_.pieces == Pieces::kBatches && options_.rate == 0;
    if (collects && output.pending.size() < options_.batch_bytes) {
      return {};
    }
    return output.flush(options_.pieces);
  }

  const Options& options_;
  PayloadSource payloads_;
  std::vector<Output> outputs_;
};

base::Result<void> write_blocks(const Options& options) {
  PayloadSource payloads(options.seed, options.bytes_most);
  LineBlock block(options.id, options.to_out ? "out" : "err", options.bytes_most, payloads);
  const int fd = options.to_out ? STDOUT_FILENO : STDERR_FILENO;
  std::uint64_t next = 1;  // block 0 begins with a line 0, which is not written
  while (next <= options.last()) {
    const std::uint64_t skipped = next % LineBlock::kLines;
    const std::uint64_t count = std::min(LineBlock::kLines - skipped, options.last() - next + 1);
    const std::string_view text = block.at(next / LineBlock::kLines);
    TRY(write_all(fd, text.substr(skipped * options.bytes_most, count * options.bytes_most)));
    next += count;
  }
  return {};
}

base::Result<void> generate(const Options& options) {
  if (options.packet && options.to_out) {
    TRY(set_packet_mode(STDOUT_FILENO));
  }
  if (options.packet && options.to_err) {
    TRY(set_packet_mode(STDERR_FILENO));
  }
  LineWriter lines(options);
  TRY(options.preformatted ? write_blocks(options) : lines.run());
  if (options.die_mid_line) {
    TRY(lines.write_half_line());
    ::kill(::getpid(), SIGKILL);
  }
  return {};
}

int run_loggen(int argc, char** argv) {
  const auto options = read_options(argc, argv);
  if (!options) {
    fmt::print(stderr, "loggen: {}\n{}", options.error().message, kUsage);
    return 2;
  }
  if (const auto done = generate(*options); !done) {
    fmt::print(stderr, "loggen: {}\n", done.error().message);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::run_loggen(argc, argv);
}
