// The delivery scenario: four services write numbered lines on both streams, `alone1` and `alone2`
// each into a file of its own, `both1` and `both2` into one shared file, all rotated at 1 MiB.
//
// Every line proves itself (bench/numbered_line.h), so the files are judged without believing any
// of birl's counters; the ledger is then compared with what was written. Threads: the test's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/instance.h"

namespace support {

struct DeliveryPlan {
  std::uint64_t lines = 1000;       // on each stream of each service
  std::string generator_options{};  // of loggen, as TOML strings: "\"--bytes\", \"200\""
  std::string birl_keys{};          // more tables
  std::string sink_keys = "rotate = {size = \"1MiB\", keep = 10000}";  // of both sinks
};

/// Which services write, and to where.
struct Flow {
  std::vector<std::string> services{"alone1", "alone2", "both1", "both2"};
  std::vector<std::string> sinks{"alone", "shared"};
};

[[nodiscard]] InstanceOptions make_delivery(const DeliveryPlan& plan);

/// The sink has got at least `lines` lines and holds none back. (That a service has ended says
/// nothing of what it said last, which may still be in its pipe.)
[[nodiscard]] bool has_delivered(const Instance& birl, std::string_view sink, std::uint64_t lines);

/// All four generators have ended well and every line of theirs has arrived.
[[nodiscard]] bool delivery_finished(const Instance& birl, const DeliveryPlan& plan);
[[nodiscard]] bool generators_finished(const Instance& birl, const Flow& flow = {});

/// Expects `received = delivered + dropped + buffered` of every sink.
void expect_exact_ledger(const Instance& birl);

/// Expects that each line is in the files once, in order for each stream, and in the ledger. The
/// files are those under `root`.
void expect_delivered(const Instance& birl, const DeliveryPlan& plan,
                      const std::string& root = "@DIR@/log");

/// Copies of all files under @DIR@/plain, unpacked and without the first word of each line.
void unpack_logs(const Instance& birl);

/// Kills the router `count` times: every other time while lines flow, otherwise at any moment of
/// its start. Returns how many of the kills came before the generators had ended.
[[nodiscard]] int kill_router_often(const Instance& birl, int count, const Flow& flow = {});

/// Files judged by logcheck, with its own words when it is not content.
void expect_lines(const Instance& birl, std::vector<std::string> arguments);

}  // namespace support
