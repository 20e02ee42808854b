// logcheck: reads logs of loggen's lines and says what is lost, doubled, reordered or damaged.
//
// Ends with 0 when every line is there once and in order, 1 when anything is wrong, 2 on a wrong
// call.
#include <fmt/format.h>
#include <getopt.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "base/result.h"
#include "base/text.h"
#include "bench/line_ledger.h"
#include "bench/log_files.h"

namespace bench {
namespace {

constexpr std::string_view kUsage = R"(usage: logcheck [OPTION]... [FILE-OR-DIRECTORY]...
Checks the numbered lines of loggen in files, in directories of rotated files, and on the standard
input (`-`, or no file at all).

  --expect ID:STREAM:COUNT  the lines 1..COUNT must be there, no more and no less (repeatable);
                            without it, lines behind the last one cannot be missed
  --pruned                  the first lines may be gone: rotation removed the oldest files
  --skip-prefix TEXT        a line begins behind the first TEXT in it, as in "web | "
  --ignore-foreign          lines that are not loggen's are no error
  --halves COUNT            exactly COUNT lines must have been cut by a dying generator
  --json                    the report as one JSON object
)";

struct Expectation {
  LineLedger::Key key;
  std::uint64_t count = 0;
};

struct Options {
  std::vector<Expectation> expected;
  Beginning beginning = Beginning::kMustBeThere;
  std::string skip_prefix;
  bool ignore_foreign = false;
  bool json = false;
  bool has_halves = false;
  std::uint64_t halves = 0;
  std::vector<std::string> paths;
};

base::Result<std::uint64_t> read_count(std::string_view text) {
  const auto count = base::parse_decimal(text);
  if (!count) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot read \"{}\" as a count", text));
  }
  return *count;
}

base::Result<Expectation> read_expectation(std::string_view text) {
  const auto parts = base::split(text, ':');
  if (parts.size() != 3) {
    return base::fail(base::ErrorCode::kInvalid,
                      fmt::format("cannot read \"{}\"; write --expect ID:STREAM:COUNT", text));
  }
  TRY_ASSIGN(const std::uint64_t count, read_count(parts[2]));
  return Expectation{{std::string(parts[0]), std::string(parts[1])}, count};
}

base::Result<Options> read_options(int argc, char** argv) {
  const std::array<option, 7> known{{{"expect", required_argument, nullptr, 'e'},
                                     {"pruned", no_argument, nullptr, 'p'},
                                     {"skip-prefix", required_argument, nullptr, 's'},
                                     {"ignore-foreign", no_argument, nullptr, 'i'},
                                     {"halves", required_argument, nullptr, 'h'},
                                     {"json", no_argument, nullptr, 'j'},
                                     {nullptr, 0, nullptr, 0}}};
  Options options;
  for (int found = 0; (found = ::getopt_long(argc, argv, "", known.data(), nullptr)) != -1;) {
    switch (found) {
      case 'e': {
        TRY_ASSIGN(auto expectation, read_expectation(optarg));
        options.expected.push_back(std::move(expectation));
        break;
      }
      case 'p':
        options.beginning = Beginning::kMayBeGone;
        break;
      case 's':
        options.skip_prefix = optarg;
        break;
      case 'i':
        options.ignore_foreign = true;
        break;
      case 'h': {
        TRY_ASSIGN(options.halves, read_count(optarg));
        options.has_halves = true;
        break;
      }
      case 'j':
        options.json = true;
        break;
      default:
        return base::fail(base::ErrorCode::kInvalid, "cannot understand the call");
    }
  }
  options.paths.assign(argv + optind, argv + argc);
  if (options.paths.empty()) {
    options.paths.emplace_back("-");
  }
  return options;
}

base::Result<void> read_all(const Options& options, LineLedger& ledger) {
  const LineHandler on_line = [&](std::string_view line) {
    const std::size_t prefix = options.skip_prefix.empty() ? 0 : line.find(options.skip_prefix);
    if (prefix != std::string_view::npos) {
      line.remove_prefix(prefix + options.skip_prefix.size());
    }
    ledger.add(line);
  };
  for (const std::string& path : options.paths) {
    if (path == "-") {
      TRY(read_lines(STDIN_FILENO, on_line));
      continue;
    }
    TRY_ASSIGN(const auto groups, find_log_files(path));
    for (const auto& files : groups) {
      TRY(read_lines(files, on_line));
    }
  }
  return {};
}

bool is_clean(const Options& options, const LineLedger& ledger) {
  std::uint64_t halves = 0;
  for (const auto& [key, counts] : ledger.counts()) {
    halves += counts.halves;
    if (!counts.clean()) {
      return false;
    }
  }
  return (options.ignore_foreign || ledger.foreign() == 0) &&
         (!options.has_halves || halves == options.halves);
}

void print_text(const LineLedger& ledger, bool clean) {
  for (const auto& [key, counts] : ledger.counts()) {
    fmt::print("{} {}: {} lines, {} lost, {} duplicated, {} reordered, {} damaged", key.id,
               key.stream, counts.lines, counts.lost, counts.duplicated, counts.reordered,
               counts.damaged);
    fmt::print(", {} halves, {} surplus\n", counts.halves, counts.surplus);
  }
  if (ledger.foreign() > 0) {
    fmt::print("foreign: {} lines\n", ledger.foreign());
  }
  for (const std::string& sample : ledger.samples()) {
    fmt::print("  not a whole line: {}\n", sample);
  }
  fmt::print("{}\n", clean ? "clean" : "NOT CLEAN");
}

void print_json(const LineLedger& ledger, bool clean) {
  base::JsonWriter json;
  json.begin_object().field("clean", clean).field("foreign", ledger.foreign());
  json.key("streams").begin_array();
  for (const auto& [key, counts] : ledger.counts()) {
    json.begin_object().field("id", key.id).field("stream", key.stream);
    json.field("lines", counts.lines).field("lost", counts.lost);
    json.field("duplicated", counts.duplicated).field("reordered", counts.reordered);
    json.field("damaged", counts.damaged).field("halves", counts.halves);
    json.field("surplus", counts.surplus).end_object();
  }
  json.end_array().key("samples").begin_array();
  for (const std::string& sample : ledger.samples()) {
    json.value(sample);
  }
  json.end_array().end_object();
  fmt::print("{}\n", json.text());
}

int check_logs(int argc, char** argv) {
  const auto options = read_options(argc, argv);
  if (!options) {
    fmt::print(stderr, "logcheck: {}\n{}", options.error().message, kUsage);
    return 2;
  }
  LineLedger ledger(options->beginning);
  for (const Expectation& expectation : options->expected) {
    ledger.expect(expectation.key, expectation.count);
  }
  if (const auto done = read_all(*options, ledger); !done) {
    fmt::print(stderr, "logcheck: {}\n", done.error().message);
    return 1;
  }
  const bool clean = is_clean(*options, ledger);
  options->json ? print_json(ledger, clean) : print_text(ledger, clean);
  return clean ? 0 : 1;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return bench::check_logs(argc, argv);
}
