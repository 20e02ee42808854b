// What a line costs on its way to a network sink: bytes of input per CPU-second, on one core.
//
//     ship_bench --benchmark_filter=Json     (Google Benchmark's options)
//
// Lines of 100 bytes, a request of 1 MB of them: encoding, body and gzip as the sink does it,
// without the socket. bench/ship_http.py measures the whole way.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "shippers/http/gzip.h"
#include "shippers/syslog/syslog_format.h"
#include "shippers/vendors/vendors.h"

namespace shippers {
namespace {

constexpr std::size_t kLineBytes = 100;
constexpr std::size_t kRequestBytes = 1'000'000;

/// As an application writes them: some words stay, numbers do not.
std::vector<std::string> make_lines() {
  std::vector<std::string> lines;
  for (std::size_t index = 0; index < kRequestBytes / kLineBytes; ++index) {
    const std::size_t mixed = index * 2'654'435'761U;
    std::string line = "GET /api/v1/items/" + std::to_string(mixed % 1'000'003) + " 200 " +
                       std::to_string(mixed % 977) + "ms user=" + std::to_string(mixed % 50'021) +
                       " agent=\"curl/7.88.1\" trace=" + std::to_string(mixed);
    line.resize(kLineBytes - 1, '.');
    lines.push_back(std::move(line));
  }
  return lines;
}

Line line_of(const std::string& text) {
  return {.service = "web", .host = "host-1", .time_ns = 1'704'164'645'678'000'000, .text = text};
}

/// The events behind each other, as body_of() makes them of an envelope without separators.
std::string encode_all(const Vendor& vendor, const std::vector<std::string>& lines) {
  std::string body;
  std::string key;
  for (const std::string& line : lines) {
    vendor.encode(line_of(line), {}, key, body);
  }
  return body;
}

void set_input(benchmark::State& state, const std::vector<std::string>& lines) {
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(lines.size() * kLineBytes));
}

void json(benchmark::State& state) {
  const auto lines = make_lines();
  for (auto step : state) {
    benchmark::DoNotOptimize(encode_all(kHttpNdjson, lines));
  }
  set_input(state, lines);
}
BENCHMARK(json);

void json_and_gzip(benchmark::State& state) {
  const auto lines = make_lines();
  for (auto step : state) {
    benchmark::DoNotOptimize(gzip(encode_all(kHttpNdjson, lines)));
  }
  set_input(state, lines);
}
BENCHMARK(json_and_gzip);

void text_and_gzip(benchmark::State& state) {
  const auto lines = make_lines();
  for (auto step : state) {
    benchmark::DoNotOptimize(gzip(encode_all(kHttpText, lines)));
  }
  set_input(state, lines);
}
BENCHMARK(text_and_gzip);

void syslog(benchmark::State& state) {
  const auto lines = make_lines();
  SyslogFormat::Options options;
  options.config.address = "tcp://h";
  const SyslogFormat format(options);
  for (auto step : state) {
    std::string out;
    std::string key;
    for (const std::string& line : lines) {
      format.encode(line_of(line), key, out);
    }
    benchmark::DoNotOptimize(out);
  }
  set_input(state, lines);
}
BENCHMARK(syslog);

}  // namespace
}  // namespace shippers

BENCHMARK_MAIN();
